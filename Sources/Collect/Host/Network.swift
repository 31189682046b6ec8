// Network devices and what went through them: /proc/net/dev and /sys/class/net. The loopback's traffic
// is left out, as Debian's node exporter does.

internal import Basics

extension HostCollector {
    static let networkDevices = HostCollector(name: "netdev") {
        (view, reading) throws(HostAbsence) in
        for line in try view.lines("/proc/net/dev").dropFirst(2) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let device = parts[0].filter { $0 != " " }
            if device == "lo" { continue }
            for (column, field) in zip(trafficColumns, words(parts[1])) {
                guard let value = Double(field) else { continue }
                reading.counter(
                    "node_network_\(column)_total", "Network device statistic \(column).", value,
                    ["device": device])
            }
        }
    }

    static let networkLinks = HostCollector(name: "netclass") {
        (view, reading) throws(HostAbsence) in
        for device in view.names("/sys/class/net") {
            let folder = "/sys/class/net/\(device)/"
            // A plain file beside the devices (bonding_masters) has no state.
            guard let state = try? view.text(folder + "operstate") else { continue }
            let labels: Labels = ["device": device]
            let isUp = words(state[...]).first == "up"
            reading.gauge(
                "node_network_up", "Whether the device's state is up.", isUp ? 1 : 0, labels)
            for (file, name, scale) in linkFiles {
                guard let value = view.number(folder + file) else { continue }
                // An unknown speed reads as -1.
                if value < 0 { continue }
                reading.gauge(name, "Network device property \(file).", value * scale, labels)
            }
        }
    }
}

private let trafficColumns = [
    "receive_bytes", "receive_packets", "receive_errs", "receive_drop", "receive_fifo",
    "receive_frame", "receive_compressed", "receive_multicast", "transmit_bytes",
    "transmit_packets", "transmit_errs", "transmit_drop", "transmit_fifo", "transmit_colls",
    "transmit_carrier", "transmit_compressed",
]

/// Speed comes in megabits a second.
private let linkFiles: [(String, String, Double)] = [
    ("carrier", "node_network_carrier", 1),
    ("mtu", "node_network_mtu_bytes", 1),
    ("speed", "node_network_speed_bytes", 125_000),
    ("tx_queue_len", "node_network_transmit_queue_length", 1),
]
