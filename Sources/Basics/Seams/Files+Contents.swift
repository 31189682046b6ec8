// Small files in one piece: secrets, target lists, what /proc shows.

extension Files {
    /// The whole of a file; works for those under /proc, whose size reads as 0.
    ///
    /// - Parameter bytesMax: more than that is an error, because nothing read so is ever large.
    /// - Throws: ``FileError``, also when the file is too large.
    public func contents(
        _ path: String, bytesMax: Int = Limits.bodyBytesMax
    ) throws(FileError) -> [UInt8] {
        let file = try open(path, .read)
        defer { close(file) }
        // 64 KiB: one read for nearly every file this is used for.
        let chunk = 64 << 10
        var bytes: [UInt8] = []
        while true {
            let part = try read(file, bytes.count, chunk)
            bytes += part
            if part.isEmpty { return bytes }
            guard bytes.count <= bytesMax else {
                throw FileError(
                    operation: "read", path: path, code: 0,
                    reason: "the file is larger than the limit of \(bytesMax) bytes")
            }
        }
    }

    /// The whole of a text file without the white space around it: what a secret's file holds.
    public func trimmedText(_ path: String) throws(FileError) -> String {
        let bytes = try contents(path)
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte &- 0x09 < 5 }
        guard let first = bytes.firstIndex(where: { !isSpace($0) }),
            let last = bytes.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(decoding: bytes[first...last], as: UTF8.self)
    }
}
