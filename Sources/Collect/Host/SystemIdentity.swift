// Which system this is, and what time it thinks it is.

internal import Basics
internal import Glibc

extension HostCollector {
    static let system = HostCollector(name: "uname") { (view, reading) throws(HostAbsence) in
        let name = view.systemName()
        let labels: Labels = [
            "sysname": name.system, "release": name.release, "version": name.version,
            "machine": name.machine, "nodename": name.node, "domainname": name.domain,
        ]
        reading.gauge("node_uname_info", "What uname says, in labels.", 1, labels)
    }

    static let timeOfDay = HostCollector(name: "time") { (view, reading) throws(HostAbsence) in
        let now = view.clock.now()
        reading.gauge("node_time_seconds", "The system's time, Unix time.", Double(now) / 1000)
        var seconds = time_t(now / 1000)
        var local = tm()
        guard localtime_r(&seconds, &local) != nil else { return }
        let zone = local.tm_zone.map { String(cString: $0) } ?? ""
        reading.gauge(
            "node_time_zone_offset_seconds", "Seconds that local time is ahead of UTC.",
            Double(local.tm_gmtoff), ["time_zone": zone])
    }
}
