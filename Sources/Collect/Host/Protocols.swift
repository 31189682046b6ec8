// Counters of TCP, UDP, IP and ICMP, sockets in use, and the table of tracked connections. Of the
// hundreds of counters those are kept that the node exporter keeps.

internal import Basics

extension HostCollector {
    static let networkProtocols = HostCollector(name: "netstat") {
        (view, reading) throws(HostAbsence) in
        for path in ["/proc/net/netstat", "/proc/net/snmp"] {
            // Two lines belong together: names, then values.
            let lines = try view.lines(path)
            for index in stride(from: 0, to: lines.count - 1, by: 2) {
                let names = words(lines[index])
                guard let head = names.first?.dropLast() else { continue }
                for (name, value) in zip(names, words(lines[index + 1])).dropFirst() {
                    add(String(head), String(name), value, &reading)
                }
            }
        }
        for line in (try? view.lines("/proc/net/snmp6")) ?? [] {
            let fields = words(line)
            guard fields.count == 2 else { continue }
            for head in ["Ip6", "Icmp6", "UdpLite6", "Udp6"] where fields[0].hasPrefix(head) {
                add(head, String(fields[0].dropFirst(head.count)), fields[1], &reading)
                break
            }
        }
    }

    static let sockets = HostCollector(name: "sockstat") { (view, reading) throws(HostAbsence) in
        let second = (try? view.lines("/proc/net/sockstat6")) ?? []
        for line in try view.lines("/proc/net/sockstat") + second {
            let fields = words(line)
            guard let head = fields.first?.dropLast() else { continue }
            for index in stride(from: 1, to: fields.count - 1, by: 2) {
                guard let value = Double(fields[index + 1]) else { continue }
                let what = "\(head)_\(fields[index])"
                reading.gauge("node_sockstat_\(what)", "Sockets: \(what).", value)
                if fields[index] == "mem" {
                    reading.gauge(
                        "node_sockstat_\(what)_bytes", "Sockets: \(what) in bytes.",
                        value * view.pageBytes)
                }
            }
        }
    }

    static let connections = HostCollector(name: "conntrack") {
        (view, reading) throws(HostAbsence) in
        let folder = "/proc/sys/net/netfilter/"
        _ = try view.text(folder + "nf_conntrack_count")
        if let count = view.number(folder + "nf_conntrack_count") {
            reading.gauge("node_nf_conntrack_entries", "Connections being tracked.", count)
        }
        if let limit = view.number(folder + "nf_conntrack_max") {
            reading.gauge(
                "node_nf_conntrack_entries_limit", "Connections that can be tracked.", limit)
        }
    }
}

private func add(_ head: String, _ name: String, _ text: Substring, _ reading: inout HostReading) {
    guard isKept(head, name), let value = Double(text) else { return }
    reading.untyped("node_netstat_\(head)_\(name)", "Statistic \(head)\(name).", value)
}

private func isKept(_ head: String, _ name: String) -> Bool {
    if name == "InErrors" || name == "InErrs" { return true }
    switch head {
    case "Ip": return name == "Forwarding"
    case "Ip6", "IpExt": return ["InOctets", "OutOctets"].contains(name)
    case "Icmp", "Icmp6": return ["InMsgs", "OutMsgs"].contains(name)
    case "TcpExt":
        return name.hasPrefix("Listen") || name.hasPrefix("Syncookies")
            || ["TCPSynRetrans", "TCPTimeouts"].contains(name)
    case "Tcp":
        return [
            "ActiveOpens", "InSegs", "OutSegs", "OutRsts", "PassiveOpens", "RetransSegs",
            "CurrEstab",
        ].contains(name)
    case "Udp", "Udp6":
        return ["InDatagrams", "OutDatagrams", "NoPorts", "RcvbufErrors", "SndbufErrors"]
            .contains(name)
    default: return false
    }
}
