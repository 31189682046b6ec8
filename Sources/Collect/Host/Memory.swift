// Memory: every field of /proc/meminfo, the counters of paging, and the pressure stall information,
// which says how long tasks waited for processor, memory or disk.

internal import Basics

extension HostCollector {
    static let memory = HostCollector(name: "meminfo") { (view, reading) throws(HostAbsence) in
        for line in try view.lines("/proc/meminfo") {
            let fields = words(line)
            guard fields.count >= 2, let value = Double(fields[1]) else { continue }
            // "Active(anon):" becomes "Active_anon".
            let key = fields[0].filter { $0 != ":" && $0 != ")" }.map { $0 == "(" ? "_" : $0 }
            let isKilobytes = fields.count > 2 && fields[2] == "kB"
            reading.gauge(
                "node_memory_" + String(key) + (isKilobytes ? "_bytes" : ""),
                "Memory information field \(String(key)).", isKilobytes ? value * 1024 : value)
        }
    }

    static let virtualMemory = HostCollector(name: "vmstat") {
        (view, reading) throws(HostAbsence) in
        for line in try view.lines("/proc/vmstat") {
            let fields = words(line)
            guard fields.count == 2, let value = Double(fields[1]) else { continue }
            let name = fields[0]
            let isFault = name.hasPrefix("pg") && name.contains("fault")
            let isWanted =
                isFault || ["oom_kill", "pgpg", "pswp"].contains { name.hasPrefix($0) }
            if isWanted {
                reading.untyped("node_vmstat_\(name)", "/proc/vmstat field \(name).", value)
            }
        }
    }

    static let pressure = HostCollector(name: "pressure") { (view, reading) throws(HostAbsence) in
        for resource in ["cpu", "io", "memory"] {
            for line in try view.lines("/proc/pressure/" + resource) {
                guard let total = words(line).last, total.hasPrefix("total="),
                    let micros = Double(total.dropFirst(6))
                else { continue }
                // "some" tasks waited; with "full" all of them stood still. No processor does that.
                let isFull = line.hasPrefix("full")
                if isFull && resource == "cpu" { continue }
                reading.counter(
                    "node_pressure_\(resource)_\(isFull ? "stalled" : "waiting")_seconds_total",
                    "Seconds in which \(isFull ? "no task went on" : "tasks waited") for "
                        + "\(resource).", micros / 1e6)
            }
        }
    }
}
