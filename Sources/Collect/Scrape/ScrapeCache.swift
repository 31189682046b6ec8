// What a target said last time: the raw text of each series and the id it led to. An exposition comes
// in the same order scrape after scrape, so the text that followed last time is offered as a guess,
// and one memcmp replaces scanning, hashing and label parsing. An entry that was away for a scrape
// counts as unresolved, because the store may have dropped the series meanwhile.

internal import Basics
internal import Glibc

/// The texts of a target's series and their ids.
struct ScrapeCache: Sendable {
    /// What a text led to.
    enum Meaning: Equatable {
        case series(SeriesID)
        /// Relabelling dropped it; it stays so.
        case dropped
        /// Not known, or no longer: ask.
        case unresolved
    }

    /// A text of this scrape.
    struct Found {
        var index: Int
        var meaning: Meaning
        /// The same text came before in this scrape.
        var isRepeated: Bool
    }

    /// One for each series of each target: 28 bytes.
    private struct Entry {
        var textStart: UInt32
        var textCount: UInt32
        var hash: UInt32
        /// The scrape that had it last.
        var seen: UInt32
        /// Where it stood in that scrape.
        var position: Int32
        var meaning: Meaning

        var text: Range<Int> { Int(textStart)..<Int(textStart) + Int(textCount) }
    }

    private var entries: [Entry] = []
    private var texts: [UInt8] = []
    /// Open addressing; -1 is free, the count is a power of two.
    private var table: [Int32] = Array(repeating: -1, count: 64)
    /// Entry numbers in the order of the last scrape, and of this one so far.
    private var lastOrder: [Int32] = []
    private var order: [Int32] = []
    /// The place in `lastOrder` that should come next.
    private var expected = 0
    private var scrape: UInt32 = 1

    var count: Int { entries.count }

    /// Begins the next scrape.
    mutating func begin() {
        scrape += 1
        swap(&lastOrder, &order)
        order.removeAll(keepingCapacity: true)
        expected = 0
    }

    /// Forgets what the texts meant, because rules changed or too much time has passed.
    mutating func forgetMeanings() {
        for index in entries.indices { entries[index].meaning = .unresolved }
    }

    /// Calls `body` with the text that should come next, or an empty one.
    func withGuess<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard expected < lastOrder.count else {
            return try body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        let entry = entries[Int(lastOrder[expected])]
        return try texts.withUnsafeBufferPointer { all throws(Failure) in
            try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: all[entry.text])))
        }
    }

    /// Finds or makes the entry of the text that comes next.
    mutating func find(_ text: UnsafeRawBufferPointer) -> Found {
        if expected < lastOrder.count {
            let guess = Int(lastOrder[expected])
            if isText(guess, text) { return took(guess) }
        }
        let hash = hashed(text)
        var slot = Int(hash) & (table.count - 1)
        while table[slot] >= 0 {
            let index = Int(table[slot])
            if entries[index].hash == hash && isText(index, text) {
                // Go on from where this one stood, so that a gap costs one look-up, not all.
                expected = Int(entries[index].position)
                return took(index)
            }
            slot = (slot + 1) & (table.count - 1)
        }
        table[slot] = Int32(entries.count)
        entries.append(
            Entry(
                textStart: UInt32(texts.count), textCount: UInt32(text.count), hash: hash, seen: 0,
                position: 0, meaning: .unresolved))
        texts.append(contentsOf: text)
        if entries.count * 2 > table.count { rehash(table.count * 2) }
        // What was expected is still to come.
        expected -= 1
        return took(entries.count - 1)
    }

    /// Remembers what a text leads to.
    mutating func resolve(_ index: Int, _ meaning: Meaning) { entries[index].meaning = meaning }

    /// Throws away what has not been seen lately, once that is the greater part, and room without use.
    mutating func compact() {
        // A thousand spare entries are nothing; below that, compacting would only cost.
        guard entries.count > 2 * order.count + 1000 else { return fit() }
        var kept: [Entry] = []
        var keptTexts: [UInt8] = []
        for number in order {
            var entry = entries[Int(number)]
            let text = texts[entry.text]
            entry.textStart = UInt32(keptTexts.count)
            keptTexts += text
            kept.append(entry)
        }
        (entries, texts) = (kept, keptTexts)
        order = entries.indices.map(Int32.init)
        var size = 64
        while size < 4 * entries.count { size *= 2 }
        rehash(size)
    }

    /// Gives back the room that growing took: what a target says first it mostly says for ever.
    private mutating func fit() {
        if entries.capacity > entries.count + entries.count / 4 { entries = entries.fitted }
        if texts.capacity > texts.count + texts.count / 4 { texts = texts.fitted }
    }

    private mutating func took(_ index: Int) -> Found {
        expected += 1
        let seen = entries[index].seen
        let isRepeated = seen == scrape
        if !isRepeated {
            if seen + 1 < scrape, case .series = entries[index].meaning {
                entries[index].meaning = .unresolved
            }
            entries[index].seen = scrape
            entries[index].position = Int32(order.count)
            order.append(Int32(index))
        }
        return Found(index: index, meaning: entries[index].meaning, isRepeated: isRepeated)
    }

    private func isText(_ index: Int, _ text: UnsafeRawBufferPointer) -> Bool {
        let known = entries[index].text
        guard known.count == text.count, let other = text.baseAddress else {
            return false
        }
        return texts.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return false }
            return memcmp(base + known.lowerBound, other, text.count) == 0
        }
    }

    /// Seeded by the process, so that no target can choose texts that collide.
    private func hashed(_ text: UnsafeRawBufferPointer) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(bytes: text)
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    private mutating func rehash(_ size: Int) {
        table = Array(repeating: -1, count: size)
        for (index, entry) in entries.enumerated() {
            var slot = Int(entry.hash) & (size - 1)
            while table[slot] >= 0 { slot = (slot + 1) & (size - 1) }
            table[slot] = Int32(index)
        }
    }
}

extension Array {
    /// The same elements with room for an eighth more, so that a few that come do not double it again.
    fileprivate var fitted: [Element] {
        var fitted: [Element] = []
        fitted.reserveCapacity(count + count / 8)
        fitted += self
        return fitted
    }
}
