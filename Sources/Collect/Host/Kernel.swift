// Boot time, interrupts, context switches and forks (/proc/stat), the load averages, free entropy, and
// open file descriptors.

internal import Basics

extension HostCollector {
    static let kernel = HostCollector(name: "stat") { (view, reading) throws(HostAbsence) in
        for line in try view.lines("/proc/stat") {
            let fields = words(line)
            guard fields.count > 1, let value = Double(fields[1]) else { continue }
            switch fields[0] {
            case "intr": reading.counter("node_intr_total", "Interrupts serviced.", value)
            case "ctxt":
                reading.counter("node_context_switches_total", "Context switches.", value)
            case "processes": reading.counter("node_forks_total", "Processes forked.", value)
            case "btime":
                reading.gauge("node_boot_time_seconds", "When the system booted, Unix time.", value)
            case "procs_running":
                reading.gauge("node_procs_running", "Processes that can run.", value)
            case "procs_blocked":
                reading.gauge(
                    "node_procs_blocked", "Processes that wait for input or output.", value)
            default: break
            }
        }
    }

    static let load = HostCollector(name: "loadavg") { (view, reading) throws(HostAbsence) in
        let fields = words(try view.text("/proc/loadavg")[...])
        for (field, minutes) in zip(fields, [1, 5, 15]) {
            guard let value = Double(field) else { continue }
            reading.gauge("node_load\(minutes)", "Load average over \(minutes)m.", value)
        }
    }

    static let fileDescriptors = HostCollector(name: "filefd") {
        (view, reading) throws(HostAbsence) in
        let fields = words(try view.text("/proc/sys/fs/file-nr")[...]).compactMap { Double($0) }
        guard fields.count == 3 else { return }
        reading.gauge("node_filefd_allocated", "File descriptors in use.", fields[0])
        reading.gauge("node_filefd_maximum", "File descriptors that there may be.", fields[2])
    }

    static let entropy = HostCollector(name: "entropy") { (view, reading) throws(HostAbsence) in
        let folder = "/proc/sys/kernel/random/"
        if let bits = view.number(folder + "entropy_avail") {
            reading.gauge("node_entropy_available_bits", "Bits of entropy available.", bits)
        }
        if let bits = view.number(folder + "poolsize") {
            reading.gauge(
                "node_entropy_pool_size_bits", "Bits of entropy that the pool holds.", bits)
        }
    }
}
