// Zstandard both ways, for bytes at rest. Its contexts are larger than what they compress here, so each
// direction is an object that keeps one; it belongs to whoever holds the lock around it.

internal import CZstd

/// Compresses; not to be used by two threads at a time.
public final class ZstdPacker: @unchecked Sendable {  // because its owner calls it inside a lock.
    private let context: OpaquePointer?
    private let level: Int32
    private var output: [UInt8] = []

    /// - Parameter level: 1 costs about 3 ns a byte; higher levels cost more and win little on numbers.
    public init(level: Int32 = 1) {
        context = ZSTD_createCCtx()
        self.level = level
    }

    deinit { ZSTD_freeCCtx(context) }

    /// The compressed bytes; nil when they would not be fewer.
    public func pack(_ bytes: [UInt8]) -> [UInt8]? {
        guard let context else { return nil }
        let bound = ZSTD_compressBound(bytes.count)
        if output.count < bound { output = [UInt8](repeating: 0, count: bound) }
        let size = output.withUnsafeMutableBytes { target in
            bytes.withUnsafeBytes { source in
                ZSTD_compressCCtx(
                    context, target.baseAddress, target.count, source.baseAddress, source.count,
                    level)
            }
        }
        guard ZSTD_isError(size) == 0, size < bytes.count else { return nil }
        return Array(output[..<size])
    }
}

/// Decompresses one frame; nil when it is none, or more than `bytesMax` would come out.
public func unzstd(_ bytes: UnsafeRawBufferPointer, bytesMax: Int) -> [UInt8]? {
    let told = ZSTD_getFrameContentSize(bytes.baseAddress, bytes.count)
    // The two highest numbers stand for "unknown" and "no frame".
    guard told <= UInt64(bytesMax) else { return nil }
    var output = [UInt8](repeating: 0, count: Int(told))
    let size = output.withUnsafeMutableBytes { target in
        ZSTD_decompress(target.baseAddress, target.count, bytes.baseAddress, bytes.count)
    }
    return ZSTD_isError(size) == 0 && size == Int(told) ? output : nil
}
