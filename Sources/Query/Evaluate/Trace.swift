// What every node of a query cost: how many series and cells came out of it and how long it took,
// with and without the nodes below. It is kept only when somebody asks for it.

internal import Basics

/// A node of an explained query.
public struct Explanation: Sendable {
    /// The node as PromQL.
    public var text: String
    /// Series that came out; 0 for scalars.
    public var seriesCount: Int
    /// Values that came out over all steps.
    public var cellCount: Int
    /// Nanoseconds, the nodes below included.
    public var nanoseconds: Int64
    public var children: [Explanation]
}

struct Trace {
    private struct Open {
        var text: String
        var start: Int64
        var children: [Explanation] = []
    }

    private let clock: Clock
    private var open: [Open] = []
    private(set) var root: Explanation?

    init(_ clock: Clock) { self.clock = clock }

    mutating func enter(_ node: Expression) {
        open.append(Open(text: node.description, start: clock.monotonic()))
    }

    mutating func leave(_ value: StepValue) {
        guard let node = open.popLast() else { return }
        var seriesCount = 0
        if case .vector(let frame) = value { seriesCount = frame.rows }
        let made = Explanation(
            text: node.text, seriesCount: seriesCount, cellCount: value.cells,
            nanoseconds: clock.monotonic() - node.start, children: node.children)
        if open.isEmpty { root = made } else { open[open.count - 1].children.append(made) }
    }

    /// Notes a range selector or subquery, which is not evaluated by itself.
    mutating func note(_ text: String, series: Int, samples: Int, since start: Int64) {
        guard !open.isEmpty else { return }
        open[open.count - 1].children.append(
            Explanation(
                text: text, seriesCount: series, cellCount: samples,
                nanoseconds: clock.monotonic() - start, children: []))
    }
}
