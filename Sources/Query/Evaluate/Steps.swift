// The moments at which an expression is evaluated: one for an instant query, many for a range query
// or a subquery. Every node is evaluated for all of them at once, because what a series costs to
// find, label and group is then paid once and not once a step.

internal import Basics

struct Steps: Equatable {
    var from: Millis
    /// Zero when there is one step only.
    var stepMillis: Millis
    var count: Int

    /// `from`, `from + step`, … up to `through`.
    init(from: Millis, through: Millis, stepMillis: Millis) {
        self.from = from
        let isSingle = stepMillis <= 0 || through <= from
        self.stepMillis = isSingle ? 0 : stepMillis
        count = through < from ? 0 : isSingle ? 1 : Int((through - from) / stepMillis) + 1
    }

    /// A single moment.
    init(at time: Millis) { self.init(from: time, through: time, stepMillis: 0) }

    func time(_ index: Int) -> Millis { from + Millis(index) * stepMillis }

    var through: Millis { time(Swift.max(0, count - 1)) }
}

/// Where a selector looks at each step: the step's time, or a fixed one, less the offset.
struct Sight {
    let first: Millis
    let stride: Millis
    let count: Int

    init(_ shift: TimeShift, _ steps: Steps) {
        count = steps.count
        if case .time(let time) = shift.moment {
            first = time - shift.offsetMillis
            stride = 0
        } else {
            first = steps.from - shift.offsetMillis
            stride = steps.stepMillis
        }
    }

    @inline(__always)
    func time(_ index: Int) -> Millis { first + Millis(index) * stride }

    var last: Millis { time(Swift.max(0, count - 1)) }
}
