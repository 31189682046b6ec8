// NVIDIA's processors, where `nvidia-smi` is installed: how busy, how full, how hot. Models run on
// them, so they belong on the same pages as latency. Not part of the node exporter; names are ours.

internal import Basics

extension HostCollector {
    static let graphics = HostCollector(name: "gpu") { (view, reading) throws(HostAbsence) in
        guard let output = view.run(query) else { return }
        for line in output.split(separator: "\n") {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).map {
                words($0).joined(separator: " ")
            }
            guard fields.count == columns.count + 3 else { continue }
            let labels: Labels = ["gpu": fields[0], "uuid": fields[1]]
            reading.gauge(
                "martlet_gpu_info", "A graphics processor, in labels.", 1,
                labels.setting("name", fields[2]))
            for (column, field) in zip(columns, fields.dropFirst(3)) {
                // "[N/A]" where a card does not measure something.
                guard let value = Double(field) else { continue }
                reading.gauge(column.name, column.help, value * column.scale, labels)
            }
        }
    }
}

private let query =
    "nvidia-smi --format=csv,noheader,nounits --query-gpu=index,uuid,name,"
    + columns.map(\.field).joined(separator: ",")

private let columns: [(field: String, name: String, help: String, scale: Double)] = [
    ("utilization.gpu", "martlet_gpu_utilization_ratio", "Share of time it computed.", 0.01),
    (
        "utilization.memory", "martlet_gpu_memory_utilization_ratio",
        "Share of time it moved memory.", 0.01
    ),
    ("memory.used", "martlet_gpu_memory_used_bytes", "Memory in use.", 1_048_576),
    ("memory.total", "martlet_gpu_memory_total_bytes", "Memory in all.", 1_048_576),
    ("temperature.gpu", "martlet_gpu_temperature_celsius", "Temperature.", 1),
    ("power.draw", "martlet_gpu_power_watts", "Power drawn.", 1),
    ("power.limit", "martlet_gpu_power_limit_watts", "Power that may be drawn.", 1),
    ("clocks.sm", "martlet_gpu_clock_hertz", "Clock of its processors.", 1e6),
]
