// SQLite ends its write-ahead log at the first frame whose checksum is wrong, because after a crash
// that is where the log ends. A flipped bit looks the same, and every commit behind it would vanish
// in silence (measured: 101 of 200). This walks the frames before SQLite does (file format: "The
// Write-Ahead Log", sqlite.org/fileformat2.html#walformat): a torn tail hides at most the one commit
// that was never acknowledged; two or more commits behind a bad frame are a loss.

internal import Basics

/// What SQLite would drop from a write-ahead log.
struct WALCheck: Equatable {
    /// Of the first bad frame, counted from 1.
    var frame: Int
    /// Commits that lie at or behind it.
    var commits: Int

    /// Walks a log; nil when it is missing, empty, intact, or only torn at its end.
    static func loss(in path: String) -> WALCheck? {
        let files = Files.system
        guard let file = try? files.open(path, .read) else { return nil }
        defer { files.close(file) }
        guard let size = try? files.size(file), let header = try? files.read(file, 0, 32),
            header.count == 32
        else { return nil }
        let magic = word(header, 0, true)
        guard magic & 0xffff_fffe == 0x377f_0682 else { return nil }
        // The lowest bit of the magic number says in which byte order the checksums are made.
        let isBig = magic & 1 == 1
        let pageBytes = Int(word(header, 8, true))
        var sums: (UInt32, UInt32) = (0, 0)
        add(header[..<24], isBig, to: &sums)
        guard sums == (word(header, 24, true), word(header, 28, true)), pageBytes >= 512 else {
            return nil
        }
        var badFrame: Int?
        var commits = 0
        var offset = 32
        var frame = 1
        while offset + 24 + pageBytes <= size {
            guard let bytes = try? files.read(file, offset, 24 + pageBytes),
                bytes.count == 24 + pageBytes
            else { break }
            let isOfThisLog = bytes[8..<16].elementsEqual(header[16..<24])
            if badFrame == nil {
                add(bytes[..<8], isBig, to: &sums)
                add(bytes[24...], isBig, to: &sums)
                let isIntact = sums == (word(bytes, 16, true), word(bytes, 20, true))
                if !isOfThisLog || !isIntact { badFrame = frame }
            }
            if badFrame != nil, isOfThisLog, word(bytes, 4, true) != 0 { commits += 1 }
            offset += 24 + pageBytes
            frame += 1
        }
        guard let badFrame, commits > 1 else { return nil }
        return WALCheck(frame: badFrame, commits: commits)
    }

    private static func word(_ bytes: [UInt8], _ offset: Int, _ isBig: Bool) -> UInt32 {
        bytes.withUnsafeBytes { raw in
            let value = raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            return isBig ? UInt32(bigEndian: value) : UInt32(littleEndian: value)
        }
    }

    /// The log's own checksum, a pair of sums over pairs of words.
    private static func add(
        _ bytes: ArraySlice<UInt8>, _ isBig: Bool, to sums: inout (UInt32, UInt32)
    ) {
        bytes.withUnsafeBytes { raw in
            var offset = 0
            while offset + 8 <= raw.count {
                let first = raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
                let second = raw.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
                sums.0 &+= (isBig ? first.bigEndian : first.littleEndian) &+ sums.1
                sums.1 &+= (isBig ? second.bigEndian : second.littleEndian) &+ sums.0
                offset += 8
            }
        }
    }
}
