// A pushed body into items, and an item into a sample, field by field.

internal import Basics
internal import Bytes

/// The items of a body: one object, an array, or an object per line.
func pushItems(_ body: [UInt8]) throws(PushBodyError) -> [Result<JSON, JSONError>] {
    let isBlank = body.allSatisfy { $0 == 0x20 || $0 &- 0x09 < 5 }
    if isBlank { throw PushBodyError(reason: "the body is empty; send JSON samples") }
    do throws(JSONError) {
        let json = try JSON(body)
        return json.items?.map { .success($0) } ?? [.success(json)]
    } catch {
        let lines = body.split(separator: 0x0a).filter { line in
            !line.allSatisfy { $0 == 0x20 || $0 &- 0x09 < 5 }
        }
        // One broken document is not a list of broken lines.
        let first = lines.first.flatMap { try? JSON(Array($0)) }
        guard lines.count > 1, first?.fields != nil else {
            throw PushBodyError(reason: "the body is not JSON: \(error)")
        }
        return lines.map { line in
            Result { () throws(JSONError) in try JSON(Array(line)) }
        }
    }
}

/// One item as a sample.
func pushSample(
    _ json: JSON, _ index: Int, now: Millis
) throws(PushItemError) -> PushSample {
    func fault(_ field: String, _ reason: String) -> PushItemError {
        PushItemError(index: index, field: field, reason: reason)
    }
    guard let fields = json.fields else { throw fault("", "must be an object with name and value") }
    for (key, _) in fields where !["name", "labels", "value", "time"].contains(key) {
        throw fault(key, "unknown field; known are name, labels, value and time")
    }
    guard let name = json["name"]?.text else { throw fault("name", "must be a text") }
    guard isLegacyMetricName(name) else {
        throw fault(
            "name", "\(quoted(String(name.prefix(60)))) does not match [a-zA-Z_:][a-zA-Z0-9_:]*")
    }
    guard name.utf8.count <= Limits.labelBytesMax else {
        throw fault("name", "is longer than \(Limits.labelBytesMax) bytes")
    }
    guard let value = json["value"]?.double else {
        throw fault("value", "must be a number")
    }
    guard value.isFinite else { throw fault("value", "must be finite") }
    let labels: Labels
    let time: Millis
    do throws(PushFieldFault) {
        labels = try pushLabels(json["labels"]).setting(Labels.metricName, name)
        time = try pushTime(json["time"], now: now)
    } catch {
        throw fault(error.field, error.reason)
    }
    return PushSample(labels: labels, time: time, value: value)
}

private struct PushFieldFault: Error {
    var field: String
    var reason: String
}

private func pushLabels(_ json: JSON?) throws(PushFieldFault) -> Labels {
    guard let json, json != .null else { return .empty }
    guard let fields = json.fields else {
        throw PushFieldFault(field: "labels", reason: "must be an object of texts")
    }
    guard fields.count < Limits.labelsPerSeriesMax else {
        throw PushFieldFault(
            field: "labels", reason: "more than \(Limits.labelsPerSeriesMax) labels")
    }
    var pairs: [(String, String)] = []
    for (name, value) in fields {
        let field = "labels.\(name.prefix(60))"
        guard isLegacyLabelName(name), !name.hasPrefix("__") else {
            throw PushFieldFault(
                field: field,
                reason: "the name does not match [a-zA-Z_][a-zA-Z0-9_]*, or is reserved")
        }
        guard let text = value.text else {
            throw PushFieldFault(field: field, reason: "must be a text")
        }
        guard max(text.utf8.count, name.utf8.count) <= Limits.labelBytesMax else {
            throw PushFieldFault(
                field: field, reason: "is longer than \(Limits.labelBytesMax) bytes")
        }
        pairs.append((name, text))
    }
    return Labels(pairs)
}

/// Milliseconds, seconds or RFC 3339.
private func pushTime(_ json: JSON?, now: Millis) throws(PushFieldFault) -> Millis {
    guard let json, json != .null else { return now }
    let time: Millis
    if let text = json.text {
        guard let parsed = parseRFC3339(text) else {
            throw PushFieldFault(
                field: "time", reason: "\(quoted(String(text.prefix(60)))) is not RFC 3339")
        }
        time = parsed
    } else if let number = json.double {
        // As seconds 10^11 is the year 5138, as milliseconds it is 1973: nobody means either.
        let millis = number.magnitude < 1e11 ? number * 1000 : number
        guard let whole = Millis(exactly: millis.rounded()) else {
            throw PushFieldFault(field: "time", reason: "is out of range")
        }
        time = whole
    } else {
        throw PushFieldFault(
            field: "time", reason: "must be milliseconds, seconds or RFC 3339")
    }
    guard time >= 0 else { throw PushFieldFault(field: "time", reason: "is before 1970") }
    guard time <= now + Limits.aheadMillisMax else {
        throw PushFieldFault(field: "time", reason: "lies in the future")
    }
    return time
}
