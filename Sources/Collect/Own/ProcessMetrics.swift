// What this process uses, under the names that every Prometheus client library has for it.

public import Basics

/// Reads this process' own accounts.
public struct ProcessMetrics: Sendable {
    private let view: HostView
    private let started: Millis

    public init(view: HostView = .system, started: Millis) {
        self.view = view
        self.started = started
    }

    /// CPU, memory, open files and start; what cannot be read is left out.
    public func families() -> [MetricFamily] {
        var families = [
            family(
                "process_start_time_seconds", "Start time since the epoch.", Double(started) / 1000)
        ]
        // The name in parentheses may hold blanks; the fields begin behind it.
        if let stat = text("/proc/self/stat"), let close = stat.lastIndex(of: ")") {
            let fields = stat[stat.index(after: close)...].split(separator: " ")
            if fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]) {
                let seconds = (user + system) / view.ticksPerSecond
                families.append(
                    MetricFamily(
                        name: "process_cpu_seconds",
                        metadata: MetricMetadata(
                            kind: .counter, help: "User and system CPU time spent."),
                        samples: [.init(suffix: "_total", value: seconds)]))
            }
            if fields.count > 21, let virtual = Double(fields[20]), let pages = Double(fields[21]) {
                families.append(
                    family("process_virtual_memory_bytes", "Virtual memory size.", virtual))
                families.append(
                    family(
                        "process_resident_memory_bytes", "Resident memory size.",
                        pages * view.pageBytes))
            }
        }
        if let names = try? view.files.list(view.root + "/proc/self/fd") {
            families.append(
                family("process_open_fds", "Open file descriptors.", Double(names.count)))
        }
        if let line = text("/proc/self/limits")?.split(separator: "\n").first(where: {
            $0.hasPrefix("Max open files")
        }), let limit = line.split(separator: " ").dropFirst(3).first.flatMap({ Double($0) }) {
            families.append(family("process_max_fds", "Most open file descriptors.", limit))
        }
        return families
    }

    private func text(_ path: String) -> String? {
        guard let bytes = try? view.files.contents(view.root + path) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func family(_ name: String, _ help: String, _ value: Double) -> MetricFamily {
        MetricFamily(
            name: name, metadata: MetricMetadata(kind: .gauge, help: help),
            samples: [.init(value: value)])
    }
}
