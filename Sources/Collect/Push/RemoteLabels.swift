// The labels of one series of remote write, put together as they come. Sorted ones are copied as they
// lie; others, which the protocol forbids and old senders send, are sorted here.

internal import Basics
internal import Bytes

/// Makes a set of labels out of the label messages of a series.
struct RemoteLabels {
    private var bytes: [UInt8] = []
    /// Where the name of the last label stands in `bytes`.
    private var last: Range<Int>?
    private var isSorted = true
    private(set) var fault: String?

    init(capacity: Int) { bytes.reserveCapacity(capacity) }

    /// The set; nil when there is none, or a label is none.
    var labels: Labels? {
        guard fault == nil, !bytes.isEmpty else { return nil }
        let labels = Labels(encoded: bytes)
        return isSorted ? labels : Labels(labels.map { ($0.name, $0.value) })
    }

    /// Adds a label.
    mutating func add(_ raw: UnsafeRawBufferPointer) throws(ProtobufError) {
        var name = UnsafeRawBufferPointer(start: nil, count: 0)
        var value = name
        var reader = ProtobufReader(raw)
        while let (field, part) = try reader.next() {
            guard case .bytes(let text) = part else { continue }
            if field == 1 { name = text }
            if field == 2 { value = text }
        }
        if name.isEmpty { return refuse("a label without a name") }
        // A label with an empty value does not exist.
        if value.isEmpty { return }
        guard isUTF8(name), isUTF8(value) else { return refuse("a label that is not UTF-8") }
        append(name, value)
    }

    private mutating func append(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        if let last {
            let order = bytes.withUnsafeBytes {
                compareBytes(UnsafeRawBufferPointer(rebasing: $0[last]), name)
            }
            if order == 0 {
                return refuse("the label \(String(decoding: name, as: UTF8.self)) stands twice")
            }
            if order > 0 { isSorted = false }
        }
        appendVarint(UInt64(name.count), to: &bytes)
        let start = bytes.count
        bytes.append(contentsOf: name)
        last = start..<bytes.count
        appendVarint(UInt64(value.count), to: &bytes)
        bytes.append(contentsOf: value)
    }

    private mutating func refuse(_ reason: String) {
        if fault == nil { fault = reason }
    }
}

/// Whether bytes are UTF-8; ASCII, which labels nearly always are, is seen word by word.
private func isUTF8(_ raw: UnsafeRawBufferPointer) -> Bool {
    var offset = 0
    while offset + 8 <= raw.count {
        let word = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        if word & 0x8080_8080_8080_8080 != 0 { break }
        offset += 8
    }
    let rest = UnsafeRawBufferPointer(rebasing: raw[offset...])
    if rest.allSatisfy({ $0 < 0x80 }) { return true }
    return String(validating: rest, as: UTF8.self) != nil
}
