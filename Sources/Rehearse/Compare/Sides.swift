// The answers of a pair, read. Most candidates say most things byte for byte as the primary does: an
// answer that is the same as the primary's is not read again, and what is known of one is known of both.

internal import Bytes

/// The answers of a pair with what they say.
struct Sides {
    struct Side {
        var answer: Answer
        var reply: Reply
        /// It came without usage of its own, so that all that is known of it is in its bytes.
        private let isPlain: Bool
        /// It has the same bytes as the answer that it was held against.
        fileprivate(set) var isRepeated = false

        /// Reads an answer.
        ///
        /// - Parameter other: an answer that may be the same.
        init(_ given: Answer, _ dialect: Dialect, beside other: Side? = nil) {
            isPlain = given.usage == Usage()
            if let other, isPlain, other.isPlain, Self.isSame(given, other.answer) {
                isRepeated = true
                reply = other.reply
            } else {
                reply = Reply(given, dialect: dialect)
            }
            answer = reply.completing(given)
        }

        private static func isSame(_ a: Answer, _ b: Answer) -> Bool {
            a.ending == .whole && b.ending == .whole && a.status == b.status && a.body == b.body
                && a[header: "content-type"] == b[header: "content-type"]
        }

        /// Notes what it cost, unless the answer said so itself.
        mutating func note(cost: Double?) {
            answer.usage.cost = answer.usage.cost ?? cost
            reply.usage.cost = answer.usage.cost
        }
    }

    var primary: Side
    var candidate: Side
    var second: Side?

    /// The candidate said byte for byte what the primary did.
    var areEqual: Bool { candidate.isRepeated }

    /// So did the second copy of the primary.
    var isSecondEqual: Bool { second?.isRepeated ?? false }

    /// - Parameter second: left out when it is no good answer.
    init(_ primary: Side, _ candidate: Side, second: Side?) {
        self.primary = primary
        self.candidate = candidate
        self.second = second?.answer.isGood == true ? second : nil
    }

    init(_ pair: Pair, dialect: Dialect) {
        let primary = Side(pair.primary, dialect)
        self.init(
            primary, Side(pair.candidate, dialect, beside: primary),
            second: pair.second.map { Side($0, dialect, beside: primary) })
    }
}
