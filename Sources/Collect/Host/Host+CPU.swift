// CPU time by mode, load, and the kernel's counters of /proc/stat. User and nice time include guest
// time there; node_exporter reports both, and so does this.

internal import Basics

/// Ticks of /proc/stat in a second: USER_HZ, 100 on every Linux that Swift runs on.
private let ticksPerSecond = 100.0

extension HostCollector {
    static let cpu = HostCollector(name: "cpu") { files, _ in
        guard let text = files.read("/proc/stat") else { return nil }
        var time = counter("node_cpu_seconds_total", "Seconds the CPUs spent in each mode.")
        var guest = counter(
            "node_cpu_guest_seconds_total",
            "Seconds the CPUs spent in guests (VMs) for each mode.")
        let modes = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"]
        for line in lines(text) where line.hasPrefix("cpu") && !line.hasPrefix("cpu ") {
            let fields = words(line)
            let cpu = String(fields[0].dropFirst(3))
            for (index, mode) in modes.enumerated() where index + 1 < fields.count {
                let ticks = Double(fields[index + 1]) ?? 0
                time.add(["cpu": cpu, "mode": mode], ticks / ticksPerSecond)
            }
            for (index, mode) in [(9, "user"), (10, "nice")] where index < fields.count {
                guest.add(
                    ["cpu": cpu, "mode": mode], (Double(fields[index]) ?? 0) / ticksPerSecond)
            }
        }
        return [time, guest]
    }

    static let load = HostCollector(name: "loadavg") { files, _ in
        guard let fields = files.line("/proc/loadavg").map({ words($0[...]) }), fields.count >= 3
        else { return nil }
        return zip(["1", "5", "15"], fields).map { minutes, text in
            gauge("node_load\(minutes)", "\(minutes)m load average.", Double(text))
        }
    }

    static let stat = HostCollector(name: "stat") { files, _ in
        guard let text = files.read("/proc/stat") else { return nil }
        var families: [MetricFamily] = []
        for line in lines(text) {
            let fields = words(line)
            guard fields.count >= 2, let value = Double(fields[1]) else { continue }
            switch fields[0] {
            case "ctxt":
                families.append(
                    counter(
                        "node_context_switches_total", "Total number of context switches.", value))
            case "processes":
                families.append(counter("node_forks_total", "Total number of forks.", value))
            case "intr":
                families.append(
                    counter("node_intr_total", "Total number of interrupts serviced.", value))
            case "btime":
                families.append(
                    gauge("node_boot_time_seconds", "Node boot time, in unixtime.", value))
            case "procs_running":
                families.append(
                    gauge("node_procs_running", "Number of processes in runnable state.", value))
            case "procs_blocked":
                families.append(
                    gauge(
                        "node_procs_blocked",
                        "Number of processes blocked waiting for I/O to complete.", value))
            default: break
            }
        }
        return families
    }

    static let temperature = HostCollector(name: "thermal_zone") { files, _ in
        var family = gauge("node_thermal_zone_temp", "Zone temperature in Celsius")
        for name in files.list("/sys/class/thermal") where name.hasPrefix("thermal_zone") {
            let folder = "/sys/class/thermal/" + name
            guard let millis = files.number(folder + "/temp") else { continue }
            let kind = files.line(folder + "/type") ?? ""
            family.add(["zone": String(name.dropFirst(12)), "type": kind], millis / 1000)
        }
        return family.samples.isEmpty ? [] : [family]
    }
}
