// Reads one segment. A frame that is not as it was written is reported with its place and costs only
// itself: reading goes on at the next magic that heads a frame with a right checksum. Series are
// defined twice in a segment, so the definitions are gathered first and samples are read after that;
// losing one frame then never loses the samples of other frames.

internal import Basics
internal import Bytes

/// A frame that could not be read, and where it lies.
public struct BadFrame: Sendable, Equatable, CustomStringConvertible {
    public var file: String
    /// Bytes from the start of the file.
    public var offset: Int
    public var reason: String

    public init(file: String, offset: Int, reason: String) {
        self.file = file
        self.offset = offset
        self.reason = reason
    }

    public var description: String { "\(file) at byte \(offset): \(reason)" }
}

/// The frames of a segment.
struct JournalReader {
    struct Frame: Equatable {
        var kind: JournalFormat.Kind
        var sequence: UInt64
        var offset: Int
        var payload: Range<Int>
    }

    let file: String
    private(set) var frames: [Frame] = []
    private(set) var bad: [BadFrame] = []
    /// Bytes at the end that a write cut short left behind; normal after a kill or a power loss.
    private(set) var tornBytes = 0
    /// The segment was written by a later version, and is left alone.
    private(set) var isForeign = false

    init(_ raw: UnsafeRawBufferPointer, file: String) {
        self.file = file
        guard readHeader(raw) else { return }
        var offset = min(JournalFormat.fileHeaderBytes, raw.count)
        while offset < raw.count {
            switch JournalReader.frame(raw, at: offset) {
            case .success(let frame):
                frames.append(frame)
                offset = frame.payload.upperBound + 4
            case .failure(let fault):
                let next = JournalReader.nextFrame(raw, after: offset)
                // After a power loss a file system may show zeros where the last write was to go.
                let isBlank = raw[offset...].allSatisfy { $0 == 0 }
                if next == nil && (fault.isTorn || isBlank) {
                    tornBytes = raw.count - offset
                } else {
                    report(offset, fault.reason)
                }
                offset = next ?? raw.count
            }
        }
    }

    private mutating func report(_ offset: Int, _ reason: String) {
        bad.append(BadFrame(file: file, offset: offset, reason: reason))
    }

    private mutating func readHeader(_ raw: UnsafeRawBufferPointer) -> Bool {
        let size = JournalFormat.fileHeaderBytes
        guard raw.count >= size else {
            tornBytes = raw.count
            return false
        }
        let checksum = raw.loadUnaligned(fromByteOffset: 12, as: UInt32.self).littleEndian
        guard checksum == crc32c(UnsafeRawBufferPointer(rebasing: raw[..<12])),
            raw.prefix(8).elementsEqual(JournalFormat.fileMagic)
        else {
            report(0, "the file header is damaged")
            return true
        }
        let version = raw.loadUnaligned(fromByteOffset: 8, as: UInt32.self).littleEndian
        if version > JournalFormat.version {
            report(8, "written by a later version of Martlet (journal format \(version))")
            isForeign = true
            return false
        }
        return true
    }

    private struct Fault: Error {
        var reason: String
        var isTorn = false
    }

    private static func frame(
        _ raw: UnsafeRawBufferPointer, at offset: Int
    ) -> Result<Frame, Fault> {
        let rest = raw.count - offset
        let magic = JournalFormat.frameMagic
        let isMagic = raw[offset...].prefix(4).elementsEqual(magic.prefix(rest))
        guard isMagic else { return .failure(Fault(reason: "no frame begins here")) }
        guard rest >= JournalFormat.frameOverheadBytes else {
            return .failure(Fault(reason: "the frame is cut short", isTorn: true))
        }
        let length = Int(
            raw.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self).littleEndian)
        guard length <= JournalFormat.payloadBytesMax else {
            return .failure(Fault(reason: "the frame claims \(length) bytes"))
        }
        let end = offset + JournalFormat.frameHeaderBytes + length
        guard end + 4 <= raw.count else {
            return .failure(Fault(reason: "the frame is cut short", isTorn: true))
        }
        let checksum = raw.loadUnaligned(fromByteOffset: end, as: UInt32.self).littleEndian
        guard checksum == crc32c(UnsafeRawBufferPointer(rebasing: raw[(offset + 4)..<end])) else {
            return .failure(Fault(reason: "the checksum of the frame is wrong"))
        }
        guard let kind = JournalFormat.Kind(rawValue: raw[offset + 8]) else {
            return .failure(Fault(reason: "unknown frame kind \(raw[offset + 8])"))
        }
        let sequence = raw.loadUnaligned(fromByteOffset: offset + 9, as: UInt64.self).littleEndian
        let start = offset + JournalFormat.frameHeaderBytes
        return .success(
            Frame(kind: kind, sequence: sequence, offset: offset, payload: start..<end))
    }

    /// The next offset at which a good frame begins.
    private static func nextFrame(_ raw: UnsafeRawBufferPointer, after offset: Int) -> Int? {
        var place = offset + 1
        while place + JournalFormat.frameOverheadBytes <= raw.count {
            if raw[place] == JournalFormat.frameMagic[0], case .success = frame(raw, at: place) {
                return place
            }
            place += 1
        }
        return nil
    }
}
