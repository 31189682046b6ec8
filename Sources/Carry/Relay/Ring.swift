// A bounded queue between two threads that never waits: the relay's thread offers, one other takes.
// A lock would let a slow taker that was put aside in the middle hold up the path of the answers.

internal import Synchronization

/// A queue with one offering and one taking thread.
public final class Ring<Element: Sendable>: @unchecked Sendable {
    // A slot belongs to the offering thread until `tail` passes it, then to the taking one until
    // `head` does.
    private let slots: UnsafeMutablePointer<Element?>
    private let mask: Int
    private let capacity: Int
    private let head = Atomic<Int>(0)
    private let tail = Atomic<Int>(0)

    /// A ring for so many elements; rounded up to a power of two inside, kept to exactly outside.
    public init(capacity: Int) {
        self.capacity = max(1, capacity)
        var size = 1
        while size < self.capacity { size *= 2 }
        mask = size - 1
        slots = .allocate(capacity: size)
        slots.initialize(repeating: nil, count: size)
    }

    deinit {
        slots.deinitialize(count: mask + 1)
        slots.deallocate()
    }

    /// Puts an element at the end; for the offering thread.
    ///
    /// - Returns: false when the ring is full.
    public func offer(_ element: consuming Element) -> Bool {
        let end = tail.load(ordering: .relaxed)
        guard end - head.load(ordering: .acquiring) < capacity else { return false }
        // The slot is empty: nothing has to be released there, and nothing retained in `take`, since a
        // count that the other thread touches is far away.
        (slots + (end & mask)).initialize(to: element)
        tail.store(end + 1, ordering: .releasing)
        return true
    }

    /// Takes the first element; for the taking thread.
    public func take() -> Element? {
        let first = head.load(ordering: .relaxed)
        guard first < tail.load(ordering: .acquiring) else { return nil }
        let element = (slots + (first & mask)).move()
        (slots + (first & mask)).initialize(to: nil)
        head.store(first + 1, ordering: .releasing)
        return element
    }

    /// About how many wait.
    public var waiting: Int {
        max(0, tail.load(ordering: .relaxed) - head.load(ordering: .relaxed))
    }
}
