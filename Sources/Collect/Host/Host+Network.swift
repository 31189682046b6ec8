// Network: traffic by device (loopback left out, as node_exporter does), the state of interfaces,
// protocol counters, and sockets.

internal import Basics

extension HostCollector {
    static let network = HostCollector(name: "netdev") { files, _ in
        guard let text = files.read("/proc/net/dev") else { return nil }
        let received = [
            "bytes", "packets", "errs", "drop", "fifo", "frame", "compressed", "multicast",
        ]
        let sent = ["bytes", "packets", "errs", "drop", "fifo", "colls", "carrier", "compressed"]
        let names = received.map { "receive_" + $0 } + sent.map { "transmit_" + $0 }
        var families = names.map { name in
            counter("node_network_\(name)_total", "Network device statistic \(name).")
        }
        for line in lines(text).dropFirst(2) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let device = words(parts[0]).first, device != "lo" else {
                continue
            }
            for (index, number) in words(parts[1]).enumerated() where index < families.count {
                families[index].add(["device": String(device)], Double(number) ?? 0)
            }
        }
        return families.filter { !$0.samples.isEmpty }
    }

    static let interfaces = HostCollector(name: "netclass") { files, _ in
        let folder = "/sys/class/net"
        var up = gauge("node_network_up", "Value is 1 if operstate is 'up', 0 otherwise.")
        var mtu = gauge("node_network_mtu_bytes", "Network device property: mtu_bytes")
        var speed = gauge("node_network_speed_bytes", "Network device property: speed_bytes")
        var carrier = gauge("node_network_carrier", "Network device property: carrier")
        for device in files.list(folder) {
            let labels: Labels = ["device": device]
            guard let state = files.line("\(folder)/\(device)/operstate") else { continue }
            up.add(labels, state == "up" ? 1 : 0)
            if let value = files.number("\(folder)/\(device)/mtu") { mtu.add(labels, value) }
            if let value = files.number("\(folder)/\(device)/carrier") {
                carrier.add(labels, value)
            }
            if let megabits = files.number("\(folder)/\(device)/speed") {
                speed.add(labels, megabits * 125_000)
            }
        }
        return [up, mtu, speed, carrier].filter { !$0.samples.isEmpty }
    }

    static let netstat = HostCollector(name: "netstat") { files, _ in
        guard let snmp = files.read("/proc/net/snmp") else { return nil }
        let all = table(snmp) + table(files.read("/proc/net/netstat") ?? "")
        return all.compactMap { name, value in
            guard wantedStatistics.contains(name) else { return nil }
            let help = "Statistic \(name.replacing("_", with: ""))."
            return family("node_netstat_\(name)", .unknown, help, value)
        }
    }

    static let sockets = HostCollector(name: "sockstat") { files, _ in
        guard let text = files.read("/proc/net/sockstat") else { return nil }
        var families: [MetricFamily] = []
        for line in lines(text) {
            let fields = words(line)
            guard let protocolName = fields.first?.dropLast() else { continue }
            for index in stride(from: 1, to: fields.count - 1, by: 2) {
                guard let value = Double(fields[index + 1]) else { continue }
                let name = "\(protocolName)_\(fields[index])"
                families.append(
                    gauge(
                        "node_sockstat_\(name)",
                        "Number of \(protocolName) sockets in state \(fields[index]).", value))
                if fields[index] == "mem" {
                    // The kernel counts pages of 4 KiB here.
                    families.append(
                        gauge(
                            "node_sockstat_\(name)_bytes",
                            "Number of \(protocolName) sockets in state \(fields[index])_bytes.",
                            value * 4096))
                }
            }
        }
        return families
    }
}

/// Pairs of a header line and a value line (`Tcp: A B` above `Tcp: 1 2`), as `Tcp_A`.
private func table(_ text: String) -> [(String, Double)] {
    var rows: [(String, Double)] = []
    let all = lines(text)
    for index in stride(from: 0, to: all.count - 1, by: 2) {
        let (names, values) = (words(all[index]), words(all[index + 1]))
        guard names.count == values.count, let group = names.first, group == values.first else {
            continue
        }
        for column in 1..<names.count {
            guard let value = Double(values[column]) else { continue }
            rows.append(("\(group.dropLast())_\(names[column])", value))
        }
    }
    return rows
}

/// node_exporter's default selection.
private let wantedStatistics: Set<String> = [
    "Icmp_InErrors", "Icmp_InMsgs", "Icmp_OutMsgs", "IpExt_InOctets", "IpExt_OutOctets",
    "Ip_Forwarding", "TcpExt_ListenDrops", "TcpExt_ListenOverflows", "TcpExt_SyncookiesFailed",
    "TcpExt_SyncookiesRecv", "TcpExt_SyncookiesSent", "TcpExt_TCPSynRetrans", "TcpExt_TCPTimeouts",
    "Tcp_ActiveOpens", "Tcp_CurrEstab", "Tcp_InErrs", "Tcp_InSegs", "Tcp_OutRsts", "Tcp_OutSegs",
    "Tcp_PassiveOpens", "Tcp_RetransSegs", "UdpLite_InErrors", "Udp_InDatagrams", "Udp_InErrors",
    "Udp_NoPorts", "Udp_OutDatagrams", "Udp_RcvbufErrors", "Udp_SndbufErrors",
]
