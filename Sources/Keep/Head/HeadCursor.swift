// Walks series of the head some at a time. A read keeps the open chunk of its series, and the next sample
// of that series then copies the chunk: who held all series at once, as long as a block takes to write,
// would have every open chunk twice.

internal import Basics

/// Some series of the head, one after the other.
struct HeadCursor {
    /// Series read at once: amortises the head's lock, and bounds what is held.
    private static let pageSeries = 256

    private let head: Head
    private var rest: ArraySlice<UInt32>
    private var page: ArraySlice<HeadRead> = []

    /// Begins before the first of some series, which the head does not forget meanwhile.
    init(_ head: Head, _ ids: [UInt32]) {
        self.head = head
        rest = ids[...]
    }

    /// The next series; nil after the last.
    mutating func next() -> HeadRead? {
        if page.isEmpty {
            page = head.reads(of: rest.prefix(HeadCursor.pageSeries))[...]
            rest = rest.dropFirst(HeadCursor.pageSeries)
        }
        return page.popFirst()
    }
}
