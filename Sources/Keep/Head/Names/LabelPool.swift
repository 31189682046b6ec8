// Finds series of the head by their labels, and keeps each label of all of them once (symbol interning; pairs of
// name and value rather than single words, because a pair is as often shared and half as many). A known
// series is found by one hash over its labels' bytes and a compare with what lies in the pages. A series that is
// forgotten leaves its bytes behind; the head makes a new pool when those are many.

internal import Basics
internal import Bytes

/// The labels of the series of the head.
struct LabelPool: Sendable {
    private(set) var pages = LabelPages()
    private var labels = PlaceTable()
    private var series = PlaceTable()
    private var run: [UInt8] = []

    /// Series that were forgotten, and lie in the pages still, are more than those that are left.
    var isSparse: Bool { series.goneCount > series.count + 1000 }

    /// The slot of the series with these labels.
    func slot(of labels: Labels) -> UInt32? {
        labels.bytes.withUnsafeBytes { raw in
            series.find(hashed(raw)) { pages.holds($0, raw) }
                .map { pages.read($0) { SeriesRun($0).slot } }
        }
    }

    /// Adds a series that is not there.
    ///
    /// - Returns: its place.
    mutating func add(_ labels: Labels, slot: UInt32) -> UInt32 {
        labels.bytes.withUnsafeBytes { raw in
            let hash = hashed(raw)
            var places: [UInt32] = []
            var start = 0
            while start < raw.count {
                let end = Labels.end(ofLabelAt: start, in: raw)
                places.append(place(of: UnsafeRawBufferPointer(rebasing: raw[start..<end])))
                start = end
            }
            run.removeAll(keepingCapacity: true)
            withUnsafeBytes(of: hash) { run.append(contentsOf: $0) }
            withUnsafeBytes(of: slot) { run.append(contentsOf: $0) }
            appendVarint(UInt64(raw.count), to: &run)
            appendVarint(UInt64(places.count), to: &run)
            for place in places { appendVarint(UInt64(place), to: &run) }
            let added = run.withUnsafeBytes { pages.add($0) }
            series.insert(added, hash) { [pages] in pages.read($0) { SeriesRun($0).hash } }
            return added
        }
    }

    /// Forgets a series.
    mutating func forget(_ place: UInt32) {
        series.remove(place, pages.read(place) { SeriesRun($0).hash })
    }

    private mutating func place(of label: UnsafeRawBufferPointer) -> UInt32 {
        let hash = hashed(label)
        if let known = labels.find(hash, where: { pages.holds($0, label: label) }) { return known }
        let added = pages.add(label)
        labels.insert(added, hash) { [pages] place in
            pages.read(place) {
                hashed(UnsafeRawBufferPointer(rebasing: $0[..<Labels.end(ofLabelAt: 0, in: $0)]))
            }
        }
        return added
    }
}

/// Seeded by the process, so that nobody can choose labels that collide.
private func hashed(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var hasher = Hasher()
    hasher.combine(bytes: bytes)
    return UInt32(truncatingIfNeeded: hasher.finalize())
}
