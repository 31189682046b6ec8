// The head's index from label and value to series, as nested dictionaries of sorted lists. Ids only
// grow, so a new series goes to the end of its lists; series that went quiet are taken out in one pass.

internal import Basics

/// Series by label and value.
struct Postings: LabelIndex, Sendable {
    private(set) var names: [ByteKey: [ByteKey: [UInt32]]] = [:]
    private(set) var all: [UInt32] = []

    mutating func add(_ id: UInt32, _ labels: Labels) {
        insert(id, into: &all)
        labels.forEachBytes { name, value in
            insert(id, into: &names[ByteKey(name), default: [:]][ByteKey(value), default: []])
        }
    }

    /// Takes out the series for which a test holds.
    mutating func remove(where isGone: (UInt32) -> Bool) {
        all.removeAll(where: isGone)
        for name in Array(names.keys) {
            guard var values = names.removeValue(forKey: name) else { continue }
            for value in Array(values.keys) {
                guard var ids = values.removeValue(forKey: value) else { continue }
                ids.removeAll(where: isGone)
                if !ids.isEmpty { values[value] = ids }
            }
            if !values.isEmpty { names[name] = values }
        }
    }

    func ids(_ name: ByteKey, _ value: ByteKey) -> [UInt32] { names[name]?[value] ?? [] }

    func values(of name: ByteKey) -> [ByteKey] { names[name].map { Array($0.keys) } ?? [] }

    func allIDs() -> [UInt32] { all }
}

/// Puts an id into a sorted list.
///
/// No method of the index: a method that reads `self` would hold a second
/// reference to the dictionaries while one of them is written, and each insert would copy them whole.
private func insert(_ id: UInt32, into ids: inout [UInt32]) {
    guard let last = ids.last, last >= id else {
        ids.append(id)
        return
    }
    var (low, high) = (0, ids.count)
    while low < high {
        let middle = (low + high) / 2
        if ids[middle] < id { low = middle + 1 } else { high = middle }
    }
    if ids[low] != id { ids.insert(id, at: low) }
}
