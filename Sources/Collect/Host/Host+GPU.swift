// Graphics processors, through `nvidia-smi` where it is installed: node_exporter has no names for
// them, so these are ours.

internal import Basics

extension HostCollector {
    static let gpu = HostCollector(name: "gpu") { files, _ in
        guard files.list("/proc/driver/nvidia/gpus").isEmpty == false else { return [] }
        // timeout: a driver in trouble must not hold up the rest.
        let command =
            "timeout 5 nvidia-smi --format=csv,noheader,nounits "
            + "--query-gpu=index,name,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw"
        guard let text = files.run(command) else { return nil }
        var families = [
            gauge(
                "martlet_gpu_utilization_ratio", "Share of time in which the GPU was busy, 0 to 1."),
            gauge("martlet_gpu_memory_used_bytes", "GPU memory in use."),
            gauge("martlet_gpu_memory_bytes", "GPU memory in all."),
            gauge("martlet_gpu_temperature_celsius", "GPU temperature."),
            gauge("martlet_gpu_power_watts", "GPU power draw."),
        ]
        let factors = [0.01, 1_048_576, 1_048_576, 1, 1]
        for line in lines(text) {
            let fields = line.split(separator: ",").map { field in
                String(field.drop { $0 == " " })
            }
            guard fields.count == 7 else { continue }
            let labels: Labels = ["gpu": fields[0], "name": fields[1]]
            for (index, factor) in factors.enumerated() {
                // "[N/A]" where a card cannot say.
                if let value = Double(fields[index + 2]) {
                    families[index].add(labels, value * factor)
                }
            }
        }
        return families.filter { !$0.samples.isEmpty }
    }
}
