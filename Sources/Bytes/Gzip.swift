// gzip both ways, with a limit on what may come out: a bomb of a few kilobytes must not fill memory.

internal import CZlib

public enum GzipError: Error, Equatable, CustomStringConvertible {
    case corrupt
    case tooLarge(bytesMax: Int)

    public var description: String {
        switch self {
        case .corrupt: "the gzip data is corrupt or cut short"
        case .tooLarge(let bytes):
            "the decompressed body is larger than the limit of \(bytes) bytes"
        }
    }
}

/// Compresses; level 1 is three times as fast as 6 and enough for text that is read once.
public func gzip(_ bytes: [UInt8], level: Int32 = 1) -> [UInt8] {
    var stream = z_stream()
    guard martlet_deflate_init(&stream, level, 15 + 16) == Z_OK else { return [] }
    defer { deflateEnd(&stream) }
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
    var input = bytes
    let written = input.withUnsafeMutableBufferPointer { source in
        output.withUnsafeMutableBufferPointer { target in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(target.count)
            deflate(&stream, Z_FINISH)
            return target.count - Int(stream.avail_out)
        }
    }
    output.removeLast(output.count - written)
    return output
}

/// Decompresses gzip or zlib data.
///
/// - Throws: ``GzipError`` when the data is corrupt or more than `bytesMax` would come out.
public func gunzip(_ bytes: [UInt8], bytesMax: Int) throws(GzipError) -> [UInt8] {
    var stream = z_stream()
    guard martlet_inflate_init(&stream, 15 + 32) == Z_OK else { throw .corrupt }
    defer { inflateEnd(&stream) }
    var output: [UInt8] = []
    output.reserveCapacity(min(bytesMax, bytes.count * 4))
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    var input = bytes
    let outcome: Result<Void, GzipError> = input.withUnsafeMutableBufferPointer { source in
        stream.next_in = source.baseAddress
        stream.avail_in = UInt32(source.count)
        while true {
            let (status, produced) = chunk.withUnsafeMutableBufferPointer { target in
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(target.count)
                let status = inflate(&stream, Z_NO_FLUSH)
                return (status, target.count - Int(stream.avail_out))
            }
            output.append(contentsOf: chunk[..<produced])
            if output.count > bytesMax { return .failure(.tooLarge(bytesMax: bytesMax)) }
            if status == Z_STREAM_END {
                if stream.avail_in == 0 { return .success(()) }
                if inflateReset(&stream) != Z_OK { return .failure(.corrupt) }
            } else if status != Z_OK || (produced == 0 && stream.avail_in == 0) {
                return .failure(.corrupt)
            }
        }
    }
    try outcome.get()
    return output
}
