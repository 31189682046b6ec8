// Compares the two answers of a request. Pure: the same pair and options give the same outcome. What
// a difference means over many pairs is the trial's affair.

internal import Bytes
internal import Glibc
internal import Reason

/// A comparison by options.
public struct Comparison: Sendable {
    public let options: ComparisonOptions
    /// The paths that never count, by protocol.
    private let ignored: [Dialect: [JSONPath]]

    public init(_ options: ComparisonOptions = ComparisonOptions()) {
        self.options = options
        var ignored: [Dialect: [JSONPath]] = [:]
        for dialect in Dialect.allCases {
            ignored[dialect] = ComparisonOptions.natural(dialect) + options.ignoredPaths
        }
        self.ignored = ignored
    }

    /// The protocol of a request.
    public func dialect(of request: CapturedRequest) -> Dialect {
        options.dialect ?? Dialect(path: request.path)
    }

    /// What the pair says.
    ///
    /// - Parameter meaning: the cosine of embeddings of the two texts, when somebody asked for them.
    public func outcome(of pair: Pair, meaning: Double? = nil) -> PairOutcome {
        let dialect = dialect(of: pair.request)
        return outcome(of: pair, Sides(pair, dialect: dialect), dialect, meaning: meaning)
    }

    /// What a pair says whose answers were read.
    func outcome(
        of pair: Pair, _ sides: Sides, _ dialect: Dialect, meaning: Double? = nil
    ) -> PairOutcome {
        var outcome = PairOutcome(id: pair.request.id, time: pair.request.time)
        outcome.over = pair.over
        outcome.slices = slices(pair, dialect)
        outcome.hasSecond = sides.second != nil
        outcome.label = pair.label
        outcome.readings.append(
            .difference(
                .errors, primary: sides.primary.answer.isGood ? 1 : 0,
                candidate: sides.candidate.answer.isGood ? 1 : 0))
        if sides.primary.answer.isGood && sides.candidate.answer.isGood {
            compareSpeed(sides, &outcome)
            compareUse(sides, &outcome)
            compareAnswers(sides, dialect, &outcome)
            if dialect.isText { compareTexts(sides, pair.request, meaning, &outcome) }
            if dialect.isEmbedding { compareVectors(sides, &outcome) }
            if let label = pair.label { join(label, to: &outcome) }
            compareStructure(sides, dialect, &outcome)
        }
        outcome.badness = badness(outcome)
        return outcome
    }

    /// What a label that came later says about a pair whose classes or numbers were kept.
    public func late(_ outcome: PairOutcome, label: String) -> PairOutcome {
        var late = PairOutcome(id: outcome.id, time: outcome.time)
        late.slices = outcome.slices
        late.classes = outcome.classes
        late.numbers = outcome.numbers
        join(label, to: &late)
        // It was counted among the numbers when it came.
        late.numbers = nil
        late.badness = badness(late)
        return late
    }

    /// Joins the true class or number with what the sides said, whenever it came.
    func join(_ label: String, to outcome: inout PairOutcome) {
        outcome.label = label
        if let classes = outcome.classes {
            outcome.slices.removeAll { $0.field == "label" }
            outcome.slices.append(Slice("label", label))
            outcome.readings.append(accuracy(classes.primary, classes.candidate, label))
        } else if let numbers = outcome.numbers, let truth = Double(label) {
            outcome.readings.append(deviation(numbers.primary, numbers.candidate, truth))
        }
    }

    /// What opinions of both answers say that came later: scores in 0…1, more is better.
    public func late(
        _ outcome: PairOutcome, primaryScore: Double, candidateScore: Double
    ) -> PairOutcome {
        var late = PairOutcome(id: outcome.id, time: outcome.time, slices: outcome.slices)
        late.readings = [
            .difference(
                .feedback, primary: min(max(primaryScore, 0), 1),
                candidate: min(max(candidateScore, 0), 1))
        ]
        late.badness = badness(late)
        return late
    }

    private func accuracy(_ primary: String, _ candidate: String, _ label: String) -> Reading {
        .difference(
            .accuracy, primary: primary == label ? 1 : 0, candidate: candidate == label ? 1 : 0)
    }

    /// (|p − y| − |c − y|) ÷ (|p − y| + |c − y|): which side is nearer, in −1…1 whatever the unit.
    private func deviation(_ primary: Double, _ candidate: Double, _ truth: Double) -> Reading {
        let (a, b) = (abs(primary - truth), abs(candidate - truth))
        let gain = a + b > 0 ? (a - b) / (a + b) : 0
        return Reading(.deviation, primary: a, candidate: b, gain: gain)
    }

    private func compareAnswers(
        _ sides: Sides, _ dialect: Dialect, _ outcome: inout PairOutcome
    ) {
        let primary = Prediction(sides.primary.reply, options.answerPath)
        let candidate =
            sides.areEqual ? primary : Prediction(sides.candidate.reply, options.answerPath)
        if let a = primary.name {
            let b = candidate.name ?? ""
            outcome.classes = (a, b)
            outcome.readings.append(
                .difference(.agreement, primary: 1, candidate: a == b ? 1 : 0))
            if let second = sides.second.map({ Prediction($0.reply, options.answerPath) }) {
                outcome.readings.append(
                    .difference(
                        .excess, primary: a == second.name ? 1 : 0, candidate: a == b ? 1 : 0))
            }
        } else if let a = primary.number {
            let b = candidate.number ?? .nan
            outcome.numbers = (a, b)
            outcome.readings.append(
                .difference(.agreement, primary: 1, candidate: isSame(a, b) ? 1 : 0))
            if let second = sides.second.map({ Prediction($0.reply, options.answerPath) }) {
                let own = isSame(a, second.number ?? .nan)
                outcome.readings.append(
                    .difference(.excess, primary: own ? 1 : 0, candidate: isSame(a, b) ? 1 : 0))
            }
        }
    }

    private func isSame(_ a: Double, _ b: Double) -> Bool {
        abs(a - b) <= options.absoluteTolerance + options.relativeTolerance * abs(a)
    }

    private func compareVectors(_ sides: Sides, _ outcome: inout PairOutcome) {
        let (a, b) = (sides.primary.reply.vectors, sides.candidate.reply.vectors)
        guard !a.isEmpty else { return }
        let scores = a.indices.map { $0 < b.count ? cosine(a[$0], b[$0]) : 0 }
        let mean = scores.reduce(0, +) / Double(scores.count)
        outcome.readings.append(.nearness(.cosine, mean))
    }

    private func compareStructure(
        _ sides: Sides, _ dialect: Dialect, _ outcome: inout PairOutcome
    ) {
        // The pieces of a stream are put together by the protocol; their shape is the server's.
        if sides.primary.reply.isStream || sides.candidate.reply.isStream { return }
        guard let primary = sides.primary.reply.document else {
            compareBytes(sides, &outcome)
            return
        }
        let ignored = ignored[dialect] ?? []
        outcome.isCompared = true
        let candidate = sides.candidate.reply.document ?? .null
        let difference =
            sides.areEqual
            ? [:]
            : StructureDifference(primary, candidate, options: options, ignored: ignored).entries
        var paths: [String: PathReading] = [:]
        for (path, entry) in difference {
            var reading = PathReading(path)
            reading.candidate = entry.kind
            reading.candidateDistance = entry.distance
            reading.typeStep = entry.typeStep
            paths[path] = reading
        }
        if let second = sides.second?.reply.document, !(sides.areEqual && sides.isSecondEqual) {
            let own = StructureDifference(primary, second, options: options, ignored: ignored)
            let (left, right) = (LeafValues(candidate), LeafValues(second))
            let said = LeafValues(primary)
            for (path, entry) in own.entries {
                paths[path, default: PathReading(path)].second = entry.kind
                paths[path, default: PathReading(path)].secondDistance = entry.distance
            }
            for path in paths.keys {
                let (a, b) = (left.values[path], right.values[path])
                paths[path]?.candidateValue = LeafValues.digest(a)
                paths[path]?.secondValue = LeafValues.digest(b)
                paths[path]?.primaryNumber = LeafValues.number(said.values[path])
                if let x = a?.double, let y = b?.double, x != y {
                    paths[path]?.lean = x > y ? 1 : -1
                }
            }
        }
        outcome.paths = paths.values.sorted { $0.path < $1.path }
        let isLost = { (kind: DifferenceKind?) in kind == .missing || kind == .type }
        let lost = outcome.paths.contains { isLost($0.candidate) }
        let own = outcome.hasSecond && outcome.paths.contains { isLost($0.second) }
        outcome.readings.append(
            .difference(.shape, primary: own ? 0 : 1, candidate: lost ? 0 : 1))
    }

    /// Answers that are no JSON: the same bytes, or not.
    private func compareBytes(_ sides: Sides, _ outcome: inout PairOutcome) {
        if outcome[.agreement] != nil { return }
        let isSame =
            sides.areEqual || sides.primary.answer.body == sides.candidate.answer.body
        outcome.readings.append(
            .difference(.agreement, primary: 1, candidate: isSame ? 1 : 0))
    }

    /// Weights for picking examples, nothing else: a failure first, then a wrong answer, a lost field,
    /// a broken form, then distance and slowness.
    private func badness(_ outcome: PairOutcome) -> Double {
        var badness = 0.0
        for reading in outcome.readings where reading.gain < 0 || reading.metric.scale == .floor {
            switch reading.metric {
            case .errors: badness += 100
            case .accuracy, .feedback: badness += 40
            case .shape, .format, .tools: badness += 20
            case .refusal, .language: badness += 15
            case .agreement: badness += 5
            case .similarity, .cosine: badness += 10 * (1 - reading.gain)
            case .ttft, .tpot, .latency: badness += -reading.gain
            case .deviation: badness += -10 * reading.gain
            default: break
            }
        }
        return badness
    }
}

/// The class or the number that an answer is.
struct Prediction {
    var name: String?
    var number: Double?

    /// Several rows in one request are one answer: all of them must be right.
    init(_ reply: Reply, _ path: JSONPath?) {
        if let path, let document = reply.document {
            let values = path.values(in: document)
            guard let first = values.first else { return }
            let isFraction = values.count == 1 && first.double != nil && first.int == nil
            if isFraction {
                number = first.double
            } else {
                name = values.map(Reply.name).joined(separator: ",")
            }
            return
        }
        if !reply.classes.isEmpty {
            name = reply.classes.joined(separator: ",")
        } else if reply.numbers.count == 1 {
            number = reply.numbers[0]
        } else if !reply.numbers.isEmpty {
            number = reply.numbers.reduce(0, +) / Double(reply.numbers.count)
        }
    }
}
