// ADWIN (Bifet and Gavaldà 2007): a window that grows while its mean stays, and is cut where two parts
// of it disagree by more than chance allows. It is kept as buckets whose sizes are powers of two, so
// that a window of a million points takes a hundred numbers. The bound is Bernstein's with the window's
// variance, as River computes it, and every decision is River's: the same buckets, the same cuts.

internal import Glibc

/// The adaptive window of one stream.
public struct AdaptiveWindow: Sendable, Equatable {
    /// The chance of a false cut that the bound is made for.
    public let delta: Double
    /// Cuts are looked for at every so many points.
    public let checkEvery: Int
    /// Fewer points than this are never cut.
    public let grace: Int
    /// The least points of a part.
    public let partMin: Int

    /// Points in the window.
    public private(set) var width = 0
    public private(set) var total = 0.0
    /// Squared distances from the mean, summed.
    private var spread = 0.0
    private var ticks = 0
    private var hasChanged = false
    /// Buckets of row `r` hold 2ʳ points; the oldest of a row comes first.
    private var counts: [Int]
    private var totals: [Double]
    private var spreads: [Double]

    /// Buckets of a row; one more and the two oldest become one of the next row.
    private static let bucketsMax = 5
    private static let slots = bucketsMax + 1

    public init(delta: Double = 0.002, checkEvery: Int = 32, grace: Int = 10, partMin: Int = 5) {
        self.delta = delta
        self.checkEvery = checkEvery
        self.grace = grace
        self.partMin = partMin
        counts = [0]
        totals = Array(repeating: 0, count: AdaptiveWindow.slots)
        spreads = totals
    }

    /// The mean of the window; 0 when it is empty.
    public var mean: Double { width == 0 ? 0 : total / Double(width) }
    /// The variance of the window, ddof 0.
    public var variance: Double { width == 0 ? 0 : spread / Double(width) }

    /// Takes a point; true when the window was cut.
    ///
    /// After a cut the next point begins a window of its own, as in River.
    public mutating func observe(_ value: Double) -> Bool {
        if hasChanged { reset() }
        insert(value)
        ticks += 1
        if ticks % checkEvery == 0 && width > grace { hasChanged = cut() }
        return hasChanged
    }

    /// Forgets everything.
    public mutating func reset() {
        self = AdaptiveWindow(
            delta: delta, checkEvery: checkEvery, grace: grace, partMin: partMin)
    }

    private mutating func insert(_ value: Double) {
        width += 1
        if width > 1 {
            let n = Double(width)
            let distance = value - total / (n - 1)
            spread += (n - 1) * distance * distance / n
        }
        total += value
        let place = counts[0]
        totals[place] = value
        spreads[place] = 0
        counts[0] = place + 1
        if place == AdaptiveWindow.bucketsMax { compress() }
    }

    /// Joins the two oldest buckets of every row that is full.
    private mutating func compress() {
        var row = 0
        var size = 1.0
        while counts[row] > AdaptiveWindow.bucketsMax {
            if row + 1 == counts.count { addRow() }
            let start = row * AdaptiveWindow.slots
            let difference = totals[start] / size - totals[start + 1] / size
            let between = size * size * difference * difference / (size + size)
            let target = start + AdaptiveWindow.slots + counts[row + 1]
            totals[target] = totals[start] + totals[start + 1]
            spreads[target] = spreads[start] + spreads[start + 1] + between
            counts[row + 1] += 1
            remove(2, row: row)
            row += 1
            size += size
        }
    }

    private mutating func addRow() {
        counts.append(0)
        totals += Array(repeating: 0, count: AdaptiveWindow.slots)
        spreads += Array(repeating: 0, count: AdaptiveWindow.slots)
    }

    private mutating func remove(_ number: Int, row: Int) {
        let start = row * AdaptiveWindow.slots
        for place in start + number..<start + AdaptiveWindow.slots {
            totals[place - number] = totals[place]
            spreads[place - number] = spreads[place]
        }
        counts[row] -= number
    }

    /// Drops the oldest bucket.
    private mutating func removeOldest() {
        let row = counts.count - 1
        let start = row * AdaptiveWindow.slots
        let size = Double(1 << row)
        width -= 1 << row
        total -= totals[start]
        let n = Double(width)
        let distance = totals[start] / size - total / n
        spread -= spreads[start] + size * n * distance * distance / (size + n)
        remove(1, row: row)
        if counts[row] == 0 {
            counts.removeLast()
            totals.removeLast(AdaptiveWindow.slots)
            spreads.removeLast(AdaptiveWindow.slots)
        }
    }

    private mutating func cut() -> Bool {
        var isCut = false
        while hasDifference() {
            isCut = true
            removeOldest()
        }
        return isCut
    }

    /// Whether any place between two buckets parts the window into two that disagree.
    private func hasDifference() -> Bool {
        let confidence = log(2 * log(Double(width)) / delta)
        let variance = self.variance
        // What is certainly below the bound needs no division and no root: the slacks cover rounding.
        let quick = 2 * variance * confidence * (1 - 1e-9)
        let rounding = 0x1p-48
        let least = Double(partMin)
        return totals.withUnsafeBufferPointer { totals in
            var oldCount = 0.0
            var newCount = Double(width)
            var oldTotal = 0.0
            var newTotal = total
            for row in counts.indices.reversed() {
                let size = Double(1 << row)
                for place in 0..<counts[row] {
                    let bucket = totals[row * AdaptiveWindow.slots + place]
                    oldCount += size
                    newCount -= size
                    oldTotal += bucket
                    newTotal -= bucket
                    if row == 0 && place == counts[0] - 1 { return false }
                    if newCount < least || oldCount < least { continue }
                    let (oldFree, newFree) = (oldCount - least + 1, newCount - least + 1)
                    let (old, new) = (oldTotal * newCount, newTotal * oldCount)
                    let gap = abs(old - new) + rounding * (abs(old) + abs(new))
                    let both = oldCount * newCount
                    // Written so that an overflow takes the long way.
                    if gap * gap * (oldFree * newFree)
                        < quick * (oldFree + newFree) * both * both
                    {
                        continue
                    }
                    let difference = abs(oldTotal / oldCount - newTotal / newCount)
                    let harmonic = 1 / oldFree + 1 / newFree
                    let bound =
                        (2 * harmonic * variance * confidence).squareRoot()
                        + 2.0 / 3 * confidence * harmonic
                    if difference > bound { return true }
                }
            }
            return false
        }
    }
}
