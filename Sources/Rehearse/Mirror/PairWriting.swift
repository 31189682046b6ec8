// A pair as it is kept: its figures always, its texts scrubbed and only when they are wanted; and the
// figures read again, so that a label that comes later finds what the sides had said.

internal import Basics
internal import Bytes
internal import Keep

extension KeptPair {
    /// What of an answer is kept as text.
    private static let textBytesMax = 32 << 10

    init(_ outcome: PairOutcome, _ pair: Pair?) {
        self.init(
            id: outcome.id, time: outcome.time, badness: outcome.badness,
            figures: String(decoding: outcome.figures, as: UTF8.self),
            texts: pair.map { KeptPair.texts($0) }, label: outcome.label)
    }

    private static func texts(_ pair: Pair) -> String {
        var fields: [(key: String, value: JSON)] = [
            (
                "request",
                .object([
                    ("method", .string(pair.request.method)),
                    ("path", .string(Scrub.path(pair.request.path))),
                    ("headers", headers(pair.request.headers)),
                    ("body", .string(text(pair.request.body))),
                ])
            ),
            ("primary", answer(pair.primary)), ("candidate", answer(pair.candidate)),
        ]
        if let second = pair.second { fields.append(("second", answer(second))) }
        return String(decoding: JSON.object(fields).encoded, as: UTF8.self)
    }

    private static func answer(_ answer: Answer) -> JSON {
        .object([
            ("status", .number(answer.status)), ("ending", .string(answer.ending.rawValue)),
            ("body", .string(text(answer.body))), ("seconds", .number(answer.timing.total)),
            ("firstByte", answer.timing.firstByte.map { JSON.number($0) } ?? JSON.null),
            ("tokensOut", answer.usage.tokensOut.map { JSON.number($0) } ?? JSON.null),
        ])
    }

    private static func headers(_ headers: [(name: String, value: String)]) -> JSON {
        .object(Scrub.headers(headers).map { ($0.name, .string($0.value)) })
    }

    private static func text(_ body: [UInt8]) -> String {
        // Scrubbed before it is cut, so that no secret is cut into something that looks like none.
        String(decoding: Array(Scrub.body(body).utf8.prefix(textBytesMax)), as: UTF8.self)
    }
}

extension PairOutcome {
    /// The figures as JSON, of each metric the primary's and the candidate's; names and numbers, no text
    /// of a prompt.
    ///
    /// Field by field and without a tree, because every pair is written.
    var figures: [UInt8] {
        var writer = JSONWriter(capacity: 400)
        writer.beginObject()
        writer.key("readings")
        writer.beginObject()
        for reading in readings {
            writer.key(reading.metric.rawValue)
            writer.beginArray()
            write(reading.primary, &writer)
            write(reading.candidate, &writer)
            writer.endArray()
        }
        writer.endObject()
        writer.key("slices")
        writer.beginArray()
        for slice in slices { writer.strings(slice.field, slice.value) }
        writer.endArray()
        writer.key("paths")
        writer.beginArray()
        for path in paths.lazy.filter({ $0.candidate != nil }).prefix(20) {
            writer.strings(path.path, path.candidate?.rawValue ?? "")
        }
        writer.endArray()
        if let classes {
            writer.key("classes")
            writer.strings(Scrub.text(classes.primary), Scrub.text(classes.candidate))
        }
        if let numbers {
            writer.key("numbers")
            writer.beginArray()
            writer.number(numbers.primary)
            writer.number(numbers.candidate)
            writer.endArray()
        }
        writer.endObject()
        return writer.bytes
    }

    private func write(_ value: Double?, _ writer: inout JSONWriter) {
        if let value { writer.number(value) } else { writer.null() }
    }

    /// What was kept of a pair's outcome: its slices, and the classes or numbers; nil when it is
    /// unreadable.
    init?(_ kept: KeptPair) {
        guard let json = try? JSON(text: kept.figures) else { return nil }
        let slices = (json["slices"]?.items ?? []).compactMap { entry -> Slice? in
            guard let parts = entry.items, parts.count == 2, let field = parts[0].text,
                let value = parts[1].text
            else { return nil }
            return Slice(field, value)
        }
        self.init(id: kept.id, time: kept.time, slices: slices)
        if let sides = json["classes"]?.items?.compactMap(\.text), sides.count == 2 {
            classes = (sides[0], sides[1])
        } else if let sides = json["numbers"]?.items?.compactMap(\.double), sides.count == 2 {
            numbers = (sides[0], sides[1])
        }
    }
}

extension JSONWriter {
    /// An array of two texts.
    fileprivate mutating func strings(_ first: String, _ second: String) {
        beginArray()
        string(first)
        string(second)
        endArray()
    }
}
