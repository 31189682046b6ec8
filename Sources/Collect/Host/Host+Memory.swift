// Memory: every field of /proc/meminfo, page faults and kills by the kernel, pressure stall
// information where the kernel has it, and random entropy.

internal import Basics

extension HostCollector {
    static let memory = HostCollector(name: "meminfo") { files, _ in
        guard let text = files.read("/proc/meminfo") else { return nil }
        return lines(text).compactMap { line in
            let fields = words(line)
            guard fields.count >= 2, let number = Double(fields[1]) else { return nil }
            var name = ""
            for character in fields[0].dropLast() {
                switch character {
                case "(": name += "_"
                case ")": break
                default: name.append(character)
                }
            }
            let isBytes = fields.count == 3
            let full = "node_memory_\(name)\(isBytes ? "_bytes" : "")"
            let field = "\(name)\(isBytes ? "_bytes" : "")"
            return gauge(
                full, "Memory information field \(field).", isBytes ? number * 1024 : number)
        }
    }

    static let vmstat = HostCollector(name: "vmstat") { files, _ in
        guard let text = files.read("/proc/vmstat") else { return nil }
        return lines(text).compactMap { line in
            let fields = words(line)
            guard fields.count == 2, let value = Double(fields[1]),
                isWanted(String(fields[0]))
            else { return nil }
            return family(
                "node_vmstat_\(fields[0])", .unknown,
                "/proc/vmstat information field \(fields[0]).",
                value)
        }
    }

    /// The default selection of node_exporter: `^(oom_kill|pgpg|pswp|pg.*fault).*`.
    private static func isWanted(_ name: String) -> Bool {
        if name.hasPrefix("oom_kill") || name.hasPrefix("pgpg") || name.hasPrefix("pswp") {
            return true
        }
        return name.hasPrefix("pg") && name.contains("fault")
    }

    static let pressure = HostCollector(name: "pressure") { files, _ in
        var families: [MetricFamily] = []
        let subjects = [
            (
                "cpu", "some", "node_pressure_cpu_waiting_seconds_total",
                "Total time in seconds that processes have waited for CPU time"
            ),
            (
                "io", "some", "node_pressure_io_waiting_seconds_total",
                "Total time in seconds that processes have waited due to IO congestion"
            ),
            (
                "io", "full", "node_pressure_io_stalled_seconds_total",
                "Total time in seconds no process could make progress due to IO congestion"
            ),
            (
                "memory", "some", "node_pressure_memory_waiting_seconds_total",
                "Total time in seconds that processes have waited for memory"
            ),
            (
                "memory", "full", "node_pressure_memory_stalled_seconds_total",
                "Total time in seconds no process could make progress due to memory congestion"
            ),
        ]
        for (resource, kind, name, help) in subjects {
            guard let text = files.read("/proc/pressure/" + resource) else { continue }
            for line in lines(text) where line.hasPrefix(kind) {
                guard let total = words(line).first(where: { $0.hasPrefix("total=") }),
                    let micros = Double(total.dropFirst(6))
                else { continue }
                families.append(counter(name, help, micros / 1e6))
            }
        }
        // A kernel without PSI is no failure of ours.
        return families
    }

    static let entropy = HostCollector(name: "entropy") { files, _ in
        let folder = "/proc/sys/kernel/random/"
        return [
            files.number(folder + "entropy_avail").map {
                gauge("node_entropy_available_bits", "Bits of available entropy.", $0)
            },
            files.number(folder + "poolsize").map {
                gauge("node_entropy_pool_size_bits", "Bits of entropy pool.", $0)
            },
        ].compactMap { $0 }
    }
}
