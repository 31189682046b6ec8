// What the container that we run in may use and does use: the control group, version 2. The node
// exporter shows the machine; a limit of the container bites first.

internal import Basics

extension HostCollector {
    static let controlGroup = HostCollector(name: "cgroup") { (view, reading) throws(HostAbsence) in
        let folder = "/sys/fs/cgroup/"
        // Only a group that is not the root has this file.
        _ = try view.text(folder + "memory.current")
        if let bytes = view.number(folder + "memory.current") {
            reading.gauge(
                "martlet_cgroup_memory_usage_bytes", "Memory that the container uses.", bytes)
        }
        // Without a limit the file says "max", which is no number.
        if let bytes = view.number(folder + "memory.max") {
            reading.gauge("martlet_cgroup_memory_limit_bytes", "Memory that it may use.", bytes)
        }
        for line in (try? view.lines(folder + "cpu.stat")) ?? [] {
            let fields = words(line)
            guard fields.count == 2, let micros = Double(fields[1]) else { continue }
            switch fields[0] {
            case "usage_usec":
                reading.counter(
                    "martlet_cgroup_cpu_seconds_total", "Processor time that the container used.",
                    micros / 1e6)
            case "throttled_usec":
                reading.counter(
                    "martlet_cgroup_cpu_throttled_seconds_total",
                    "Time in which the container was held back.", micros / 1e6)
            default: break
            }
        }
        let quota = words(((try? view.text(folder + "cpu.max")) ?? "")[...]).compactMap {
            Double($0)
        }
        if quota.count == 2 && quota[1] > 0 {
            reading.gauge(
                "martlet_cgroup_cpu_limit_cores", "Processors that it may use.", quota[0] / quota[1]
            )
        }
    }
}
