// An event as JSON, the one form it has outside: in the store, in files of lines, in the API. A field
// stands as what it is; a time may be given as milliseconds or as RFC 3339, and is written as
// milliseconds.

public import Basics

extension Event {
    /// The event as a JSON object.
    public var json: JSON {
        var object: [(key: String, value: JSON)] = [
            ("id", .string(id)), ("source", .string(source)), ("kind", .string(kind.rawValue)),
            ("time", .number(String(time))),
        ]
        for (name, text) in [
            ("team", team), ("repository", repository), ("service", service), ("actor", actor),
        ] where !text.isEmpty {
            object.append((name, .string(text)))
        }
        if isBot { object.append(("isBot", .bool(true))) }
        if !fields.isEmpty { object.append(("fields", fieldsJSON)) }
        return .object(object)
    }

    /// The fields as a JSON object, sorted by name.
    public var fieldsJSON: JSON {
        .object(
            fields.sorted { $0.key < $1.key }.map { name, value in
                switch value {
                case .text(let text): (name, .string(text))
                case .number(let number): (name, number.isFinite ? .number(number) : .null)
                case .bool(let flag): (name, .bool(flag))
                case .list(let items): (name, .array(items.map { .string($0) }))
                }
            })
    }

    /// Reads the fields of an object; null and nested objects are left out.
    public static func fields(_ json: JSON?) -> [String: EventValue] {
        var fields: [String: EventValue] = [:]
        for (name, value) in json?.fields ?? [] {
            switch value {
            case .string(let text): fields[name] = .text(text)
            case .number: fields[name] = value.double.flatMap { $0.isFinite ? .number($0) : nil }
            case .bool(let flag): fields[name] = .bool(flag)
            case .array(let items): fields[name] = .list(items.compactMap(\.text))
            case .null, .object: break
            }
        }
        return fields
    }

    /// Reads an event.
    ///
    /// - Parameter source: the source when the object names none.
    /// - Throws: ``EventError``, which names the field at fault.
    public init(json: JSON, source: String = "api") throws(EventError) {
        guard json.fields != nil else { throw EventError(field: "", reason: "is no JSON object") }
        guard let kindText = json["kind"]?.text else {
            throw EventError(field: "kind", reason: "is missing")
        }
        guard let kind = EventKind(rawValue: kindText) else {
            let all = EventKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw EventError(field: "kind", reason: "must be one of \(all)")
        }
        guard let id = json["id"]?.text, !id.isEmpty, id.utf8.count <= 512 else {
            throw EventError(field: "id", reason: "must be a text of 1 to 512 bytes")
        }
        let time: Millis? =
            switch json["time"] {
            case .number?: json["time"]?.int.map(Millis.init)
            case .string(let text)?: parseRFC3339(text)
            default: nil
            }
        guard let time else {
            throw EventError(field: "time", reason: "must be milliseconds or RFC 3339")
        }
        if let fields = json["fields"], fields.fields == nil, fields != .null {
            throw EventError(field: "fields", reason: "must be an object")
        }
        self.init(
            id: id, source: json["source"]?.text ?? source, kind: kind, time: time,
            team: json["team"]?.text ?? "", repository: json["repository"]?.text ?? "",
            service: json["service"]?.text ?? "", actor: json["actor"]?.text ?? "",
            isBot: json["isBot"]?.boolean ?? false, fields: Event.fields(json["fields"]))
    }
}

/// Why an object is no event.
public struct EventError: Error, Sendable, Equatable, CustomStringConvertible {
    public var field: String
    public var reason: String

    public init(field: String, reason: String) {
        self.field = field
        self.reason = reason
    }

    public var description: String {
        field.isEmpty ? "the event \(reason)" : "\(field) \(reason)"
    }
}
