// The decision record as JSON, always in the same order of fields, for storage, replay and the API.

internal import Basics
internal import Bytes

extension Decision {
    /// The record as compact JSON; equal decisions give equal bytes.
    public var encoded: [UInt8] {
        var json = JSONWriter(capacity: 2048)
        json.beginObject()
        json.field("id", id)
        json.field("name", name.rawValue)
        json.field("subject", subject)
        json.field("asked_at", askedAt)
        json.field("expires_at", expiresAt)
        json.field("verdict", verdict.rawValue)
        json.field("summary", summary)
        json.field("recommendation", recommendation)
        json.key("reasons")
        json.beginArray()
        for reason in reasons {
            json.beginObject()
            json.field("phrase", reason.phrase)
            json.field("number", reason.number)
            json.field("link", reason.link)
            json.endObject()
        }
        json.endArray()
        json.key("missing")
        json.beginArray()
        for phrase in missing { json.phrase(phrase) }
        json.endArray()
        if let flip { json.field("flip", flip) }
        json.field("confidence", confidence.rawValue)
        json.field("chance", chance)
        writeGates(&json)
        writeBand(&json)
        json.key("snapshot")
        json.beginObject()
        json.field("rule_version", Int64(snapshot.ruleVersion))
        json.field("data_until", snapshot.dataUntil)
        json.field("event_count", Int64(snapshot.eventCount))
        json.field("events_digest", snapshot.eventsDigest)
        json.field("inputs", snapshot.inputs)
        json.endObject()
        writeAnswers(&json)
        json.endObject()
        return json.bytes
    }

    private func writeGates(_ json: inout JSONWriter) {
        json.key("gates")
        json.beginArray()
        for gate in gates {
            json.beginObject()
            json.field("gate", gate.kind.rawValue)
            json.field("state", gate.state.rawValue)
            json.key("must")
            json.bool(gate.isMust)
            json.field("owner", gate.owner)
            json.field("evidence", gate.evidence)
            json.key("rows")
            json.beginArray()
            for row in gate.rows { json.string(row) }
            json.endArray()
            json.endObject()
        }
        json.endArray()
    }

    private func writeBand(_ json: inout JSONWriter) {
        guard let band else { return }
        json.key("band")
        json.beginObject()
        json.field("unit", band.unit.rawValue)
        json.field("low", band.low)
        json.field("high", band.high)
        json.field("sure", band.sure)
        json.field("expected", band.expected)
        json.field("level", band.level)
        json.field("hit_rate", band.hitRate)
        json.field("hit_count", Int64(band.hitCount))
        json.field("error", band.error)
        json.field("error_last_window", band.errorLastWindow)
        json.field("error_plain_mean", band.errorPlainMean)
        if let line = band.backlogLine { json.field("backlog_line", Int64(line)) }
        json.key("used")
        json.beginArray()
        for id in band.used { json.string(id) }
        json.endArray()
        json.endObject()
    }

    private func writeAnswers(_ json: inout JSONWriter) {
        json.key("answers")
        json.beginArray()
        for answer in answers {
            json.beginObject()
            json.field("kind", answer.kind.rawValue)
            json.field("time", answer.time)
            json.field("person", answer.person)
            json.field("choice", answer.choice)
            json.field("reason", answer.reason)
            json.endObject()
        }
        json.endArray()
    }
}

extension DecisionOutcome {
    /// The outcome as compact JSON.
    public var encoded: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("time", time)
        json.field("value", value)
        json.key("came_true")
        json.bool(cameTrue)
        if let isInBand {
            json.key("in_band")
            json.bool(isInBand)
        }
        if let said { json.field("said", said) }
        json.key("rows")
        json.beginArray()
        for row in rows { json.string(row) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    /// Reads what `encoded` wrote, without its sentence; nil when it is something else.
    public init?(record: String) {
        guard let json = try? JSON(text: record), let time = json["time"]?.double,
            let value = json["value"]?.double, let cameTrue = json["came_true"]?.boolean
        else { return nil }
        self.init(
            time: Millis(time), value: value, cameTrue: cameTrue,
            isInBand: json["in_band"]?.boolean,
            rows: json["rows"]?.items?.compactMap(\.text) ?? [])
    }
}

extension JSONWriter {
    mutating func field(_ name: String, _ number: Int64) {
        key(name)
        raw(String(number))
    }

    mutating func field(_ name: String, _ number: Double?) {
        key(name)
        if let number, number.isFinite { self.number(number) } else { null() }
    }

    mutating func field(_ name: String, _ phrase: Phrase) {
        key(name)
        self.phrase(phrase)
    }

    mutating func phrase(_ phrase: Phrase) {
        beginObject()
        field("key", phrase.key)
        key("arguments")
        beginObject()
        for (name, value) in phrase.arguments.sorted(by: { $0.key < $1.key }) { field(name, value) }
        endObject()
        endObject()
    }
}
