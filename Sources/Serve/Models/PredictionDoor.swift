// The door through which predictions come, whichever way: texts are reduced to what can be said of them
// (length, language, refusal, format) and go no further unless the configuration keeps them, masked;
// what is taken is on the disk before anybody hears so.

public import Basics
public import Collect
public import Keep
internal import Reason

/// Takes predictions and labels in.
public struct PredictionDoor: Sendable {
    private let keeper: PredictionKeeper
    private let clock: Clock
    /// Whether a model's prompts and answers are kept as text.
    private let keepsTexts: @Sendable (_ model: String) -> Bool
    private let refused: [String: Counter]
    private let masked: Counter

    public init(
        keeper: PredictionKeeper, clock: Clock, registry: Registry,
        keepsTexts: @escaping @Sendable (String) -> Bool
    ) {
        self.keeper = keeper
        self.clock = clock
        self.keepsTexts = keepsTexts
        refused = Dictionary(
            uniqueKeysWithValues: ["predictions", "labels"].map { kind in
                (
                    kind,
                    registry.counter(
                        "martlet_prediction_lines_refused_total",
                        "Lines of predictions and labels that were refused; each answer says why.",
                        ["kind": kind])
                )
            })
        masked = registry.counter(
            "martlet_prediction_secrets_masked_total", "Secrets masked in kept prompts and answers."
        )
    }

    /// Reads and keeps a body of predictions; returns when they are on the disk.
    public func predictions(
        _ body: [UInt8], position: LogPosition? = nil, standing: ModelVersion? = nil
    ) throws(RecordError) -> PredictionReading {
        let reading = readPredictions(body, now: clock.now(), standing: standing)
        let reduced = reading.blocks.map { reduce($0) }
        try keeper.append(reduced, position: position)
        refused["predictions"]?.add(Double(reading.refused))
        return reading
    }

    /// Reads and keeps a body of labels; returns when they are on the disk.
    public func labels(
        _ body: [UInt8], standing: String? = nil
    ) throws(RecordError) -> LabelReading {
        let reading = readLabels(body, now: clock.now(), standing: standing)
        try keeper.append([], labels: reading.blocks)
        refused["labels"]?.add(Double(reading.refused))
        return reading
    }

    private func reduce(_ block: PredictionBlock) -> PredictionBlock {
        var counts = MaskCounts()
        let reduced = block.reducingTexts(
            keeping: keepsTexts(block.key.model) ? { Collect.masked($0, counts: &counts) } : nil)
        if counts.total > 0 { masked.add(Double(counts.total)) }
        return reduced
    }
}

extension PredictionBlock {
    /// Replaces columns of free text by columns of what can be said of them.
    ///
    /// - Parameter keeping: masks a text that is to be kept beside them; nil keeps none.
    public func reducingTexts(keeping: ((String) -> String)?) -> PredictionBlock {
        guard columns.contains(where: { if case .texts = $0.values { true } else { false } }) else {
            return self
        }
        var reduced = self
        reduced.columns = columns.flatMap { column -> [PredictionColumn] in
            guard case .texts(let texts) = column.values else { return [column] }
            var described = describe(column, texts)
            if let keeping {
                var kept = TextRun()
                for row in 0..<texts.count { kept.append(keeping(texts[row]).utf8) }
                described.append(
                    PredictionColumn(
                        role: column.role, name: column.name, values: .texts(kept)))
            }
            return described
        }
        return reduced
    }

    private func describe(_ column: PredictionColumn, _ texts: TextRun) -> [PredictionColumn] {
        var characters: [Double] = []
        var words: [Double] = []
        var languages: [String?] = []
        var refusals: [String?] = []
        var formats: [String?] = []
        for row in 0..<texts.count {
            let text = texts[row]
            if text.isEmpty {
                characters.append(.nan)
                words.append(.nan)
                languages.append(nil)
                refusals.append(nil)
                formats.append(nil)
                continue
            }
            let said = TextDescriptors(text)
            characters.append(Double(said.characters))
            words.append(Double(said.words))
            languages.append("\(said.language)")
            refusals.append(said.isRefusal ? "yes" : "no")
            formats.append(
                said.isJSON ? "json" : said.hasCode ? "code" : said.hasList ? "list" : "prose")
        }
        // An output that is free text is an answer.
        let role = column.role == .output ? PredictionColumn.Role.answer : column.role
        func named(_ measure: String) -> String {
            column.name.isEmpty ? measure : "\(column.name) \(measure)"
        }
        func categories(_ measure: String, _ values: [String?]) -> PredictionColumn {
            let names = Set(values.compactMap { $0 }).sorted()
            let codes = values.map { value in
                Int32(value.flatMap { names.firstIndex(of: $0) } ?? -1)
            }
            return PredictionColumn(
                role: role, name: named(measure), values: .categories(codes: codes, names: names))
        }
        var described = [
            PredictionColumn(role: role, name: named("characters"), values: .numbers(characters)),
            PredictionColumn(role: role, name: named("words"), values: .numbers(words)),
            categories("language", languages),
        ]
        if role == .answer {
            described += [categories("refusal", refusals), categories("format", formats)]
        }
        return described
    }
}
