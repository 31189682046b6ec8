// The labels of the head's series, each label once.

import Basics
import Testing

@testable import Keep

/// A few names and values, so that series share labels, and one now and then that is alone.
private func labels(_ random: inout SeededNumbers) -> Labels {
    let names = ["__name__", "a", "ab", "b", "instance", "job", "ü"]
    let values = ["", "0", "00", "1", "x", "é", "e\u{301}", String(repeating: "long ", count: 60)]
    var pairs: [(String, String)] = []
    for name in names where Bool.random(using: &random) {
        let isAlone = Int.random(in: 0..<20, using: &random) == 0
        let value = values[Int.random(in: 0..<values.count, using: &random)]
        pairs.append((name, isAlone ? "\(UInt64.random(in: 0 ... .max, using: &random))" : value))
    }
    return Labels(pairs)
}

struct LabelPoolTests {
    @Test(arguments: [1, 2, .random(in: 3 ... .max)] as [UInt64])
    func `labels come back as they were, found by all of them and by nothing else`(seed: UInt64) {
        var random = SeededNumbers(seed)
        var pool = LabelPool()
        var places: [Labels: (slot: UInt32, place: UInt32)] = [:]
        for _ in 0..<20_000 {
            let set = labels(&random)
            #expect(pool.slot(of: set) == places[set]?.slot, "seed \(seed): \(set)")
            if places[set] == nil {
                let slot = UInt32(places.count)
                places[set] = (slot, pool.add(set, slot: slot))
            }
        }
        #expect(places.count > 5000)
        for (set, known) in places {
            #expect(pool.pages.labels(of: known.place) == set, "seed \(seed)")
            #expect(pool.slot(of: set) == known.slot, "seed \(seed)")
        }
    }

    @Test(arguments: [1, 2, .random(in: 3 ... .max)] as [UInt64])
    func `series have the order of their labels`(seed: UInt64) {
        var random = SeededNumbers(seed)
        var pool = LabelPool()
        let sets = Array(Set((0..<300).map { _ in labels(&random) }))
        let places = sets.enumerated().map { pool.add($1, slot: UInt32($0)) }
        for (left, a) in zip(sets, places) {
            for (right, b) in zip(sets, places) {
                #expect(
                    pool.pages.precedes(a, b) == (left < right), "seed \(seed): \(left) \(right)")
            }
        }
    }

    @Test func `a label that many series have lies there once`() {
        var pool = LabelPool()
        let shared = String(repeating: "shared ", count: 1000)
        for slot in 0..<1000 as Range<UInt32> {
            _ = pool.add(["shared": shared, "n": "\(slot)"], slot: slot)
        }
        #expect(pool.pages.byteCount < 7000 + 1000 * 30)
    }

    @Test func `a reader's pages stay as they were while series are added`() {
        var pool = LabelPool()
        let first = pool.add(["n": "first"], slot: 0)
        let pages = pool.pages
        for slot in 1..<20_000 as Range<UInt32> { _ = pool.add(["n": "\(slot)"], slot: slot) }
        #expect(pages.labels(of: first) == ["n": "first"])
        #expect(pool.pages.labels(of: first) == ["n": "first"])
        #expect(pages.byteCount < 50 && pool.pages.byteCount > 100_000)
    }

    @Test func `a forgotten series is found no more, and its neighbours are`() {
        var pool = LabelPool()
        let places = (0..<5000 as Range<UInt32>).map { pool.add(["n": "\($0)"], slot: $0) }
        for slot in stride(from: 0, to: 5000, by: 2) { pool.forget(places[slot]) }
        for slot in 0..<5000 as Range<UInt32> {
            #expect(pool.slot(of: ["n": "\(slot)"]) == (slot % 2 == 0 ? nil : slot))
        }
        let again = pool.add(["n": "0"], slot: 7)
        #expect(pool.slot(of: ["n": "0"]) == 7)
        #expect(pool.pages.labels(of: again) == ["n": "0"])
    }

    @Test func `labels that come and go take no more memory than those that are there`() throws {
        let head = Head(seriesMax: 10_000)
        var most = 0
        for round in 0..<40 {
            var batch = SampleBatch()
            for number in 0..<2000 {
                let labels: Labels = ["__name__": "up", "pod": "\(100 + round)-\(1000 + number)"]
                batch.append(try head.resolve(labels).get(), Millis(round), 1)
            }
            _ = head.append(batch, window: .all)
            head.dropAll()
            head.forgetQuiet()
            if round < 20 {
                most = max(most, head.labelBytes)
            } else {
                #expect(head.labelBytes <= most)
            }
        }
        #expect(most < 40 * 2000 * 10)
        #expect(head.labels(of: [0, 1, 1_000_000]).last == .some(nil))
    }
}
