// Snappy's block format, which is what remote write speaks, with a limit on what may come out.

internal import CSnappy

public enum SnappyError: Error, Equatable, CustomStringConvertible {
    case corrupt
    case tooLarge(bytes: Int, bytesMax: Int)

    public var description: String {
        switch self {
        case .corrupt: "the body is not a block of snappy, or was cut short"
        case .tooLarge(let bytes, let bytesMax):
            "the body would be \(bytes) bytes when decompressed; the limit is \(bytesMax)"
        }
    }
}

/// Decompresses a block.
///
/// - Throws: ``SnappyError`` when it is none, or more than `bytesMax` would come out.
public func unsnappy(_ bytes: [UInt8], bytesMax: Int) throws(SnappyError) -> [UInt8] {
    var size = 0
    let told = bytes.withUnsafeBytes {
        snappy_uncompressed_length(
            $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, &size)
    }
    guard told == SNAPPY_OK else { throw .corrupt }
    guard size <= bytesMax else { throw .tooLarge(bytes: size, bytesMax: bytesMax) }
    var output = [UInt8](repeating: 0, count: size)
    let status = output.withUnsafeMutableBytes { target in
        bytes.withUnsafeBytes { source in
            snappy_uncompress(
                source.baseAddress?.assumingMemoryBound(to: CChar.self), source.count,
                target.baseAddress?.assumingMemoryBound(to: CChar.self), &size)
        }
    }
    guard status == SNAPPY_OK, size == output.count else { throw .corrupt }
    return output
}

/// Compresses to a block.
public func snappy(_ bytes: [UInt8]) -> [UInt8] {
    var size = snappy_max_compressed_length(bytes.count)
    var output = [UInt8](repeating: 0, count: size)
    let status = output.withUnsafeMutableBytes { target in
        bytes.withUnsafeBytes { source in
            snappy_compress(
                source.baseAddress?.assumingMemoryBound(to: CChar.self), source.count,
                target.baseAddress?.assumingMemoryBound(to: CChar.self), &size)
        }
    }
    return status == SNAPPY_OK ? Array(output[..<size]) : []
}
