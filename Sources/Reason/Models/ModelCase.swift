// One model version under watch, as a value: answers go in, looks come out. Until the reference is
// complete answers are gathered for it; from then on they go into windows, one for all answers and one
// for each segment that the reference knows well enough. Half of the level is for all answers, the
// other half is shared by the segments.

public import Basics

/// A scope of watching: all answers of a version, or those of one segment.
public struct ModelScope: Sendable {
    public let segment: String
    public let reference: ModelReference
    public let watched: [String]
    public fileprivate(set) var window: ModelWindow
    public fileprivate(set) var watch: ModelWatch
    /// The profiles of the last window, for pictures.
    public fileprivate(set) var latest: [String: ColumnProfile] = [:]

    init(_ segment: String, _ reference: ModelReference, level: Double) {
        self.segment = segment
        self.reference = reference
        watched = reference.watched
        window = ModelWindow(centres: reference.centres)
        watch = ModelWatch(watched: watched, level: level)
    }
}

/// A model version under watch.
public struct ModelCase: Sendable {
    /// What answers led to.
    public enum Outcome: Sendable {
        /// The reference is complete: its rows are to be kept.
        case gathered(PredictionBlock)
        /// A window was looked at; its first rows are at hand for what else wants to look.
        case looked(
            segment: String, ModelLook, ModelWatch.Change, window: PredictionBlock)
    }

    /// Segments that are watched; the largest of the reference.
    public static let segmentsMax = 10

    public let key: ModelVersion
    public let policy: WindowPolicy
    public private(set) var reference: ModelReference?
    public private(set) var scopes: [ModelScope] = []
    /// Answers that were watched, and the times of the first and the last.
    public private(set) var rows = 0
    public private(set) var first: Millis?
    public private(set) var last: Millis?
    private var gathered: [PredictionBlock] = []

    public init(key: ModelVersion, policy: WindowPolicy, reference: ModelReference? = nil) {
        self.key = key
        self.policy = policy
        guard let reference else { return }
        begin(reference)
        if case .firstAnswers(let from, let through) = reference.origin {
            (rows, first, last) = (reference.rows, from, through)
        }
    }

    /// Answers gathered for a reference that is not complete.
    public var gatheredRows: Int { gathered.reduce(0) { $0 + $1.count } }

    /// The scope of all answers.
    public var whole: ModelScope? { scopes.first }

    private mutating func begin(_ reference: ModelReference) {
        self.reference = reference
        var counts: [String: Int] = [:]
        for segment in reference.block.segments where !segment.isEmpty {
            counts[segment, default: 0] += 1
        }
        let names = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
        let segments = names.compactMap { name in reference.segment(name).map { (name, $0) } }
            .prefix(ModelCase.segmentsMax)
        let level = 0.05
        scopes = [ModelScope("", reference, level: segments.isEmpty ? level : level / 2)]
        scopes += segments.map {
            ModelScope($0.0, $0.1, level: level / 2 / Double(segments.count))
        }
    }

    /// Takes answers.
    ///
    /// Many at once are taken in pieces, so that a window ends where it would have ended had they come
    /// one by one.
    public mutating func take(_ block: PredictionBlock, now: Millis) -> [Outcome] {
        let piece = max(policy.rows / 5, 1)
        if block.count <= piece { return takePiece(block, now: now) }
        let order = block.times.indices.sorted { block.times[$0] < block.times[$1] }
        var outcomes: [Outcome] = []
        for start in stride(from: 0, to: order.count, by: piece) {
            let rows = Array(order[start..<min(start + piece, order.count)])
            outcomes += takePiece(block.selecting(rows), now: now)
        }
        return outcomes
    }

    private mutating func takePiece(_ block: PredictionBlock, now: Millis) -> [Outcome] {
        guard let from = block.times.min(), let through = block.times.max() else { return [] }
        rows += block.count
        first = min(first ?? from, from)
        last = max(last ?? through, through)
        guard reference != nil else { return gather(block, now: max(now, through)) }
        return share(out: block, now: now)
    }

    /// Looks at windows whose time has come without new answers.
    public mutating func tick(now: Millis) -> [Outcome] {
        scopes.indices.compactMap { look($0, now: now) }
    }

    /// Takes a look that was kept earlier.
    public mutating func restore(_ look: ModelLook, segment: String) {
        // A look at another reference says nothing about this one.
        guard let index = scopes.firstIndex(where: { $0.segment == segment }),
            scopes[index].reference.rows == look.referenceRows
        else { return }
        _ = scopes[index].watch.take(look)
        if !segment.isEmpty { return }
        rows += look.rows
        first = min(first ?? look.from, look.from)
        last = max(last ?? look.through, look.through)
    }

    private mutating func gather(_ block: PredictionBlock, now: Millis) -> [Outcome] {
        gathered.append(block)
        guard
            ModelReference.isComplete(
                rows: gatheredRows, since: first ?? now, now: now),
            let whole = PredictionBlock.joining(gathered), let from = whole.times.min(),
            let through = whole.times.max()
        else { return [] }
        gathered = []
        begin(ModelReference(whole, origin: .firstAnswers(from: from, through: through)))
        return [.gathered(whole)]
    }

    private mutating func share(out block: PredictionBlock, now: Millis) -> [Outcome] {
        var outcomes: [Outcome] = []
        let segments = scopes.count > 1 ? block.segments : []
        for index in scopes.indices {
            var part = block
            if !scopes[index].segment.isEmpty {
                let rows = segments.indices.filter { segments[$0] == scopes[index].segment }
                if rows.isEmpty { continue }
                if rows.count < block.count { part = block.selecting(rows) }
            }
            scopes[index].window.take(part)
            if let outcome = look(index, now: part.times.max() ?? now) { outcomes.append(outcome) }
        }
        return outcomes
    }

    private mutating func look(_ index: Int, now: Millis) -> Outcome? {
        let scope = scopes[index]
        guard scope.window.isDue(policy, now: now), let rows = scope.window.block else {
            return nil
        }
        let look = ModelLook(
            window: scope.window, reference: scope.reference, watched: scope.watched)
        let change = scopes[index].watch.take(look)
        scopes[index].latest = scope.window.profiles
        scopes[index].window = ModelWindow(centres: scope.reference.centres)
        return .looked(segment: scope.segment, look, change, window: rows)
    }
}
