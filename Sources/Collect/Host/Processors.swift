// Time of each processor by mode, and its clock frequency: /proc/stat and /sys/devices/system/cpu.

internal import Basics

extension HostCollector {
    static let processors = HostCollector(name: "cpu") { (view, reading) throws(HostAbsence) in
        let modes = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"]
        for line in try view.lines("/proc/stat") where line.hasPrefix("cpu") {
            let fields = words(line)
            guard let name = fields.first, let number = Int(name.dropFirst(3)) else { continue }
            let times = fields.dropFirst().compactMap { Double($0) }
            let cpu = String(number)
            for (mode, ticks) in zip(modes, times) {
                reading.counter(
                    "node_cpu_seconds_total", "Seconds that a processor spent in each mode.",
                    ticks / view.ticksPerSecond, ["cpu": cpu, "mode": mode])
            }
            for (mode, ticks) in zip(["user", "nice"], times.dropFirst(modes.count)) {
                reading.counter(
                    "node_cpu_guest_seconds_total",
                    "Seconds that a processor spent on virtual machines, by mode.",
                    ticks / view.ticksPerSecond, ["cpu": cpu, "mode": mode])
            }
            frequencies(of: cpu, view, &reading)
        }
    }
}

/// The kernel gives kilohertz.
private func frequencies(of cpu: String, _ view: HostView, _ reading: inout HostReading) {
    let folder = "/sys/devices/system/cpu/cpu\(cpu)/cpufreq/"
    for (file, name, what) in [
        ("scaling_cur_freq", "node_cpu_scaling_frequency_hertz", "Current"),
        ("scaling_max_freq", "node_cpu_scaling_frequency_max_hertz", "Highest"),
        ("scaling_min_freq", "node_cpu_scaling_frequency_min_hertz", "Lowest"),
    ] {
        guard let kilohertz = view.number(folder + file) else { continue }
        reading.gauge(
            name, "\(what) scaled frequency of a processor.", kilohertz * 1000, ["cpu": cpu])
    }
}
