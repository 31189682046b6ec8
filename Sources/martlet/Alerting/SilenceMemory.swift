// Silences in `martlet.db`, as JSON that a person with the sqlite3 tool can read.

import Basics
import Bytes
import Keep
import Send

extension SilenceStore {
    static func records(_ records: SilenceRecords) -> SilenceStore {
        SilenceStore(
            load: { try records.all().compactMap { silence($0) } },
            save: { changed, gone in
                try records.save(changed.map { row($0) }, removing: gone)
            })
    }

    private static func row(_ silence: Silence) -> SilenceRow {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("matchers")
        writer.beginArray()
        for matcher in silence.matchers {
            writer.beginArray()
            for text in [matcher.name, matcher.operation.rawValue, matcher.value] {
                writer.string(text)
            }
            writer.endArray()
        }
        writer.endArray()
        for (name, time) in [
            ("startsAt", silence.startsAt), ("endsAt", silence.endsAt),
            ("updatedAt", silence.updatedAt),
        ] {
            writer.key(name)
            writer.raw(String(time))
        }
        writer.field("createdBy", silence.createdBy)
        writer.field("comment", silence.comment)
        writer.endObject()
        return SilenceRow(
            id: silence.id, endsAt: silence.endsAt,
            json: String(decoding: writer.bytes, as: UTF8.self))
    }

    /// nil for a row that nobody can read any more, which then silences nothing.
    private static func silence(_ row: SilenceRow) -> Silence? {
        guard let json = try? JSON(text: row.json) else { return nil }
        var matchers: [Matcher] = []
        for item in json["matchers"]?.items ?? [] {
            let parts = (item.items ?? []).compactMap(\.text)
            guard parts.count == 3, let operation = Matcher.Operation(rawValue: parts[1]),
                let matcher = try? Matcher(parts[0], operation, parts[2])
            else { return nil }
            matchers.append(matcher)
        }
        func time(_ name: String) -> Millis { Millis(json[name]?.int ?? 0) }
        return Silence(
            id: row.id, matchers: matchers, startsAt: time("startsAt"), endsAt: row.endsAt,
            updatedAt: time("updatedAt"), createdBy: json["createdBy"]?.text ?? "",
            comment: json["comment"]?.text ?? "")
    }
}
