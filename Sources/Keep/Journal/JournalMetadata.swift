// Type, help and unit of a metric in the journal: four texts, each with its length before it.

internal import Basics
internal import Bytes

enum JournalMetadata {
    static func encode(_ metric: String, _ metadata: MetricMetadata) -> [UInt8] {
        var bytes: [UInt8] = []
        for text in [metric, metadata.kind.rawValue, metadata.help, metadata.unit] {
            appendVarint(UInt64(text.utf8.count), to: &bytes)
            bytes.append(contentsOf: text.utf8)
        }
        return bytes
    }

    static func decode(_ raw: UnsafeRawBufferPointer) -> (String, MetricMetadata)? {
        var offset = 0
        var texts: [String] = []
        for _ in 0..<4 {
            guard let length = readVarint(raw, &offset), length <= UInt64(raw.count - offset)
            else { return nil }
            texts.append(String(decoding: raw[offset..<(offset + Int(length))], as: UTF8.self))
            offset += Int(length)
        }
        guard let kind = MetricKind(rawValue: texts[1]) else { return nil }
        return (texts[0], MetricMetadata(kind: kind, help: texts[2], unit: texts[3]))
    }
}
