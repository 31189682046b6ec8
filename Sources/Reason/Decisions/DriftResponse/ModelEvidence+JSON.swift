// The evidence as compact JSON with a fixed order of fields, and back: the snapshot of a decision.

internal import Basics
internal import Bytes

extension ModelEvidence {
    /// Compact JSON; equal evidence gives equal text.
    var encoded: String {
        var json = JSONWriter(capacity: 1024)
        json.beginObject()
        json.field("model", model)
        json.field("version", version)
        json.field("service", service)
        json.field("serving_since", servingSince.map(Double.init))
        if let previousVersion { json.field("previous_version", previousVersion) }
        json.field("from", from)
        json.field("through", through)
        json.field("count", Int64(count))
        json.key("reference_self_made")
        json.bool(isReferenceSelfMade)
        if let drift { drift.write(&json) }
        if let quality { quality.write(&json) }
        if let qualityRefusal { json.field("quality_refusal", qualityRefusal) }
        if let brokenColumns {
            json.key("broken_columns")
            json.beginArray()
            for name in brokenColumns { json.string(name) }
            json.endArray()
        }
        json.field("labels", Int64(labelCount))
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// Reads the evidence of a decision's snapshot; nil when it is none.
    public init?(snapshot text: String) {
        guard let json = try? JSON(text: text), let model = json["model"]?.text,
            let version = json["version"]?.text, let from = json["from"]?.int,
            let through = json["through"]?.int, let count = json["count"]?.int
        else { return nil }
        self.init(
            model: model, version: version, from: Millis(from), through: Millis(through),
            count: count)
        service = json["service"]?.text ?? ""
        servingSince = json["serving_since"]?.int.map { Millis($0) }
        previousVersion = json["previous_version"]?.text
        isReferenceSelfMade = json["reference_self_made"]?.boolean ?? false
        drift = json["drift"].flatMap { DriftEvidence($0) }
        quality = json["quality"].flatMap { QualityEvidence($0) }
        qualityRefusal = json["quality_refusal"].flatMap { Phrase($0) }
        brokenColumns = json["broken_columns"]?.items.map { $0.compactMap(\.text) }
        labelCount = json["labels"]?.int ?? 0
    }
}

extension DriftEvidence {
    fileprivate func write(_ json: inout JSONWriter) {
        json.key("drift")
        json.beginObject()
        json.key("drifted")
        json.bool(isDrifted)
        json.field("probability", probability)
        json.field("compared", Int64(compared))
        json.field("since", since.map(Double.init))
        json.key("moved")
        json.beginArray()
        for column in moved {
            json.beginObject()
            json.field("name", column.name)
            json.field("direction", column.direction)
            json.field("effect", column.effect)
            json.key("output")
            json.bool(column.isOutput)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    fileprivate init?(_ json: JSON) {
        guard let isDrifted = json["drifted"]?.boolean, let compared = json["compared"]?.int else {
            return nil
        }
        let moved = (json["moved"]?.items ?? []).compactMap { one -> MovedColumn? in
            guard let name = one["name"]?.text, let direction = one["direction"].flatMap(Phrase.init)
            else { return nil }
            return MovedColumn(
                name: name, direction: direction, effect: one["effect"]?.double ?? 0,
                isOutput: one["output"]?.boolean ?? false)
        }
        self.init(
            isDrifted: isDrifted, probability: json["probability"]?.double ?? 1, moved: moved,
            compared: compared, since: json["since"]?.int.map { Millis($0) })
    }
}

extension QualityEvidence {
    fileprivate func write(_ json: inout JSONWriter) {
        json.key("quality")
        json.beginObject()
        json.field("figure", figure)
        json.key("higher_is_better")
        json.bool(isHigherBetter)
        json.field("before", before)
        json.field("now", now)
        json.field("low", low)
        json.field("high", high)
        json.field("source", source.rawValue)
        json.field("count", Int64(count))
        json.field("calibration_before", calibrationBefore)
        json.field("calibration_now", calibrationNow)
        json.field("ranking_before", rankingBefore)
        json.field("ranking_now", rankingNow)
        json.endObject()
    }

    fileprivate init?(_ json: JSON) {
        guard let figure = json["figure"]?.text, let before = json["before"]?.double,
            let now = json["now"]?.double, let low = json["low"]?.double,
            let high = json["high"]?.double,
            let source = json["source"]?.text.flatMap({ Source(rawValue: $0) })
        else { return nil }
        self.init(
            figure: figure, isHigherBetter: json["higher_is_better"]?.boolean ?? true,
            before: before, now: now, low: low, high: high, source: source,
            count: json["count"]?.int ?? 0)
        calibrationBefore = json["calibration_before"]?.double
        calibrationNow = json["calibration_now"]?.double
        rankingBefore = json["ranking_before"]?.double
        rankingNow = json["ranking_now"]?.double
    }
}

extension Phrase {
    /// Reads `{key, arguments}` as `JSONWriter.phrase` writes it.
    fileprivate init?(_ json: JSON) {
        guard let key = json["key"]?.text else { return nil }
        var arguments: [String: String] = [:]
        for (name, value) in json["arguments"]?.fields ?? [] { arguments[name] = value.text ?? "" }
        self.init(key, arguments)
    }
}
