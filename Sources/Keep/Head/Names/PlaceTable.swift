// Places by the hash of what lies there: open addressing over four bytes an entry, because a dictionary of the
// same would hold a key beside each. What lies at a place and whether it is the one looked for only the
// owner of the pages knows, so that it is asked.

/// A set of places.
struct PlaceTable: Sendable {
    private static let free = UInt32.max
    /// Was taken out; a search goes on behind it.
    private static let gone = UInt32.max - 1

    /// The count is a power of two.
    private var entries: [UInt32] = Array(repeating: PlaceTable.free, count: 64)
    private(set) var count = 0
    private(set) var goneCount = 0

    /// The place with a hash at which lies what is looked for.
    func find(_ hash: UInt32, where isIt: (UInt32) -> Bool) -> UInt32? {
        position(hash, where: isIt).map { entries[$0] }
    }

    /// Adds a place that is not there.
    ///
    /// - Parameter hashAt: the hash of what lies at a place, for when the table grows.
    mutating func insert(_ place: UInt32, _ hash: UInt32, hashAt: (UInt32) -> UInt32) {
        if (count + goneCount + 1) * 4 > entries.count * 3 { grow(hashAt) }
        put(place, hash)
        count += 1
    }

    /// Takes a place out.
    mutating func remove(_ place: UInt32, _ hash: UInt32) {
        guard let position = position(hash, where: { $0 == place }) else { return }
        entries[position] = PlaceTable.gone
        count -= 1
        goneCount += 1
    }

    private func position(_ hash: UInt32, where isIt: (UInt32) -> Bool) -> Int? {
        let mask = entries.count - 1
        var position = Int(hash) & mask
        while entries[position] != PlaceTable.free {
            if entries[position] != PlaceTable.gone && isIt(entries[position]) { return position }
            position = (position + 1) & mask
        }
        return nil
    }

    private mutating func put(_ place: UInt32, _ hash: UInt32) {
        let mask = entries.count - 1
        var position = Int(hash) & mask
        while entries[position] != PlaceTable.free { position = (position + 1) & mask }
        entries[position] = place
    }

    private mutating func grow(_ hashAt: (UInt32) -> UInt32) {
        let before = entries
        var size = 64
        while (count + 1) * 4 > size * 3 / 2 { size *= 2 }
        entries = Array(repeating: PlaceTable.free, count: size)
        goneCount = 0
        for place in before where place < PlaceTable.gone { put(place, hashAt(place)) }
    }
}
