// Header lines as libcurl wants them: a list whose nodes point into one buffer, so that ten headers
// allocate nothing. In its writing `Name:` leaves out what it would say by itself, and `Name;` is a header
// without a value.

internal import CCurl
internal import Glibc

/// libcurl's list of a leg's lines.
struct EasyLines: ~Copyable {
    private var text = RawBytes()
    private var nodes: UnsafeMutablePointer<curl_slist>
    private var nodesRoom = 32

    /// What libcurl would say by itself.
    private static let unasked: [StaticString] = ["Accept", "Content-Type", "User-Agent", "Expect"]

    init() { nodes = .allocate(capacity: nodesRoom) }

    deinit { nodes.deallocate() }

    /// Writes the list; valid until the next.
    mutating func list(of leg: Leg) -> UnsafeMutablePointer<curl_slist>? {
        var lines = RawBytes(capacity: leg.lines.count + 64)
        leg.eachLine { line, name in
            let value = trimmed(UnsafeBufferPointer(rebasing: line[(name.count + 1)...]))
            lines.append(UnsafeRawBufferPointer(value.isEmpty ? name : line))
            if value.isEmpty { lines.append(UInt8(ascii: ";")) }
            lines.append(0)
        }
        for name in EasyLines.unasked where !leg.names(name) {
            lines.append(name)
            lines.append(":\0")
        }
        text = lines
        return link()
    }

    private mutating func link() -> UnsafeMutablePointer<curl_slist>? {
        var count = 0
        var start = 0
        while start < text.count {
            if count == nodesRoom { growNodes() }
            let line = UnsafeMutableRawPointer(text.start + start)
                .assumingMemoryBound(to: CChar.self)
            nodes[count].data = line
            count += 1
            start += strlen(line) + 1
        }
        for index in 0..<count { nodes[index].next = index + 1 < count ? nodes + index + 1 : nil }
        return count > 0 ? nodes : nil
    }

    private mutating func growNodes() {
        let larger = UnsafeMutablePointer<curl_slist>.allocate(capacity: nodesRoom * 2)
        memcpy(larger, nodes, nodesRoom * MemoryLayout<curl_slist>.stride)
        nodes.deallocate()
        nodes = larger
        nodesRoom *= 2
    }
}
