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

/// Decompresses; not to be used by two threads at a time.
public final class ZstdUnpacker: @unchecked Sendable {  // because one thread at a time uses it.
    private let context: OpaquePointer?
    private var output: [UInt8] = []

    public init() { context = ZSTD_createDCtx() }

    deinit { ZSTD_freeDCtx(context) }

    /// Calls a body with what comes out of one frame.
    ///
    /// - Returns: what the body returns; nil when the bytes are no frame, or more than `bytesMax` would come out.
    public func unpack<Result>(
        _ bytes: UnsafeRawBufferPointer, bytesMax: Int,
        _ body: (UnsafeRawBufferPointer) -> Result?
    ) -> Result? {
        let told = ZSTD_getFrameContentSize(bytes.baseAddress, bytes.count)
        // The two highest numbers stand for "unknown" and "no frame".
        guard let context, told <= UInt64(bytesMax) else { return nil }
        if output.count < Int(told) { output = [UInt8](repeating: 0, count: Int(told)) }
        return output.withUnsafeMutableBytes { target in
            let size = ZSTD_decompressDCtx(
                context, target.baseAddress, target.count, bytes.baseAddress, bytes.count)
            guard ZSTD_isError(size) == 0, size == Int(told) else { return nil }
            return body(UnsafeRawBufferPointer(rebasing: target[..<size]))
        }
    }
}
