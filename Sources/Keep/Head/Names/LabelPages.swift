// The labels of the head's series in pages of bytes. Each label, a name with its value, lies there once, in
// the encoding of Labels; a series is the list of its labels' places. Series of one target share most of their
// labels, so that one takes some thirty bytes where its labels are more than a hundred. Bytes are only
// added, so that a reader keeps the pages as they were and reads on without a lock. What looks a label or a
// series up is LabelPool.swift.
//
// A series: hash of its labels (4 bytes), its slot (4 bytes), then as varints the bytes and the number of
// its labels and the place of each.

internal import Basics
internal import Bytes
internal import Glibc

/// Labels and series by place.
struct LabelPages: Sendable {
    /// A place is 16 bits of page and 16 bits within it.
    static let pageBytes = 1 << 16
    static let pagesMax = 1 << 16

    private var pages: [[UInt8]] = []

    /// False when no series may be added any more, at 4 GB: the longest needs 44 pages for its labels.
    var hasRoom: Bool { pages.count < LabelPages.pagesMax - 64 }

    /// Bytes in use.
    var byteCount: Int { pages.reduce(0) { $0 + $1.count } }

    /// Adds a run of at most a page and returns its place.
    mutating func add(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let isFull = pages.last.map { $0.count + bytes.count > LabelPages.pageBytes } ?? true
        if isFull {
            pages.append([])
            // The first one grows, because most heads have few series.
            if pages.count > 1 { pages[pages.count - 1].reserveCapacity(LabelPages.pageBytes) }
        }
        let page = pages.count - 1
        let place = UInt32(page << 16 | pages[page].count)
        pages[page].append(contentsOf: bytes)
        return place
    }

    /// Calls `body` with what lies from a place to the end of its page.
    func read<Result>(_ place: UInt32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        pages[Int(place >> 16)].withUnsafeBytes {
            body(UnsafeRawBufferPointer(rebasing: $0[Int(place & 0xffff)...]))
        }
    }

    /// True when a label lies at a place.
    ///
    /// No label's encoding is the beginning of another's.
    func holds(_ place: UInt32, label: UnsafeRawBufferPointer) -> Bool {
        read(place) { there in
            guard there.count >= label.count, let a = there.baseAddress, let b = label.baseAddress
            else { return false }
            return memcmp(a, b, label.count) == 0
        }
    }

    /// True when the series at a place has these labels.
    func holds(_ place: UInt32, _ labels: UnsafeRawBufferPointer) -> Bool {
        read(place) { raw in
            var series = SeriesRun(raw)
            guard series.bytes == labels.count else { return false }
            var start = 0
            while start < labels.count {
                let end = Labels.end(ofLabelAt: start, in: labels)
                let label = UnsafeRawBufferPointer(rebasing: labels[start..<end])
                guard let there = series.next(), holds(there, label: label) else { return false }
                start = end
            }
            return series.next() == nil
        }
    }

    /// The labels of the series at a place.
    func labels(of place: UInt32) -> Labels {
        read(place) { raw in
            var series = SeriesRun(raw)
            let bytes = [UInt8](unsafeUninitializedCapacity: series.bytes) { room, filled in
                let room = UnsafeMutableRawBufferPointer(room)
                while let label = series.next() {
                    read(label) { there in
                        let length = Labels.end(ofLabelAt: 0, in: there)
                        guard filled + length <= room.count else { return }
                        UnsafeMutableRawBufferPointer(rebasing: room[filled...])
                            .copyMemory(from: UnsafeRawBufferPointer(rebasing: there[..<length]))
                        filled += length
                    }
                }
            }
            return Labels(encoded: bytes)
        }
    }

    /// The order of two series by their labels: that of ``Labels``.
    func precedes(_ left: UInt32, _ right: UInt32) -> Bool {
        read(left) { l in
            read(right) { r in
                var (left, right) = (SeriesRun(l), SeriesRun(r))
                while let a = left.next() {
                    guard let b = right.next() else { return false }
                    // A label lies at one place only.
                    if a != b { return labelPrecedes(a, b) }
                }
                return right.next() != nil
            }
        }
    }

    private func labelPrecedes(_ left: UInt32, _ right: UInt32) -> Bool {
        read(left) { l in
            read(right) { r in
                let (a, b) = (Labels.end(ofLabelAt: 0, in: l), Labels.end(ofLabelAt: 0, in: r))
                return Labels.precedes(
                    UnsafeRawBufferPointer(rebasing: l[..<a]),
                    UnsafeRawBufferPointer(rebasing: r[..<b]))
            }
        }
    }
}

/// A series as it lies in a page.
struct SeriesRun {
    /// Of hash and slot.
    static let headBytes = 8

    let hash: UInt32
    let slot: UInt32
    /// Of its labels' encoding.
    let bytes: Int
    private let raw: UnsafeRawBufferPointer
    private var offset = SeriesRun.headBytes
    private var rest: Int

    init(_ raw: UnsafeRawBufferPointer) {
        self.raw = raw
        hash = raw.loadUnaligned(as: UInt32.self)
        slot = raw.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        bytes = Int(readVarint(raw, &offset) ?? 0)
        rest = Int(readVarint(raw, &offset) ?? 0)
    }

    /// The place of the next label.
    mutating func next() -> UInt32? {
        guard rest > 0, let place = readVarint(raw, &offset) else { return nil }
        rest -= 1
        return UInt32(truncatingIfNeeded: place)
    }
}
