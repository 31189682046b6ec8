// Temperatures by thermal zone: /sys/class/thermal.

internal import Basics

extension HostCollector {
    static let temperatures = HostCollector(name: "thermal_zone") {
        (view, reading) throws(HostAbsence) in
        for name in view.names("/sys/class/thermal") where name.hasPrefix("thermal_zone") {
            let folder = "/sys/class/thermal/\(name)/"
            guard let millidegrees = view.number(folder + "temp"),
                let type = try? view.text(folder + "type")
            else { continue }
            reading.gauge(
                "node_thermal_zone_temp", "Temperature of a zone in degrees Celsius.",
                millidegrees / 1000,
                [
                    "zone": String(name.dropFirst("thermal_zone".count)),
                    "type": words(type[...]).joined(separator: " "),
                ])
        }
    }
}
