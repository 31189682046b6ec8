// How many processes there are, by state, and how many there may be. The node exporter has this one
// switched off by default because of its cost; on a machine with a few hundred processes it takes a
// millisecond.

internal import Basics

extension HostCollector {
    static let processes = HostCollector(name: "processes") { (view, reading) throws(HostAbsence) in
        var states: [String: Double] = [:]
        var threads = 0.0
        var count = 0.0
        for name in view.names("/proc") where Int(name) != nil {
            // A process may end between the listing and the reading.
            guard let text = try? view.text("/proc/\(name)/stat"),
                let close = text.lastIndex(of: ")")
            else { continue }
            // The command stands in parentheses and may hold anything; the rest follows it.
            let fields = words(text[text.index(after: close)...])
            guard fields.count > 17 else { continue }
            states[String(fields[0]), default: 0] += 1
            threads += Double(fields[17]) ?? 0
            count += 1
        }
        if count == 0 { return }
        reading.gauge("node_processes_pids", "Processes.", count)
        reading.gauge("node_processes_threads", "Threads of all processes.", threads)
        for (state, count) in states.sorted(by: { $0.key < $1.key }) {
            reading.gauge("node_processes_state", "Processes by state.", count, ["state": state])
        }
        if let limit = view.number("/proc/sys/kernel/threads-max") {
            reading.gauge("node_processes_max_threads", "Threads that there may be.", limit)
        }
        if let limit = view.number("/proc/sys/kernel/pid_max") {
            reading.gauge("node_processes_max_processes", "Processes that there may be.", limit)
        }
    }
}
