// Files that a build uploads or a person imports: test reports, coverage, load tests, training logs,
// events. The id of what comes of one is made of the file's content, so the same file twice counts
// once. Where the file does not say when, the upload's context does.

public import Basics
internal import Bytes

/// What a file is.
public enum UploadKind: String, Sendable, CaseIterable {
    case junit
    /// Cobertura, JaCoCo's counters or LCOV, told apart by their first bytes.
    case coverage
    /// JMeter, CSV or XML.
    case jtl
    /// Loss and metrics of a training run, a JSON object a line.
    case training
    /// Martlet's own events, a JSON object a line.
    case events
}

/// What is known beside the file.
public struct UploadContext: Sendable {
    /// `upload`, or `upload/NAME`.
    public var source = "upload"
    /// When it was made, for files that do not say.
    public var time: Millis
    public var team = ""
    public var repository = ""
    public var service = ""
    public var sha: String?
    public var build: String?
    public var model: String?
    public var version: String?
    public var run: String?

    public init(time: Millis) { self.time = time }
}

/// Reads a file.
///
/// - Throws: ``DeliveryError`` when it is not what it should be; nothing of it is taken then.
public func readUpload(
    _ kind: UploadKind, _ bytes: [UInt8], context: UploadContext, people: PeopleBook
) throws(DeliveryError) -> NormalisedDelivery {
    if bytes.count > Limits.bodyBytesMax {
        throw DeliveryError("too_large", "the file has more than \(Limits.bodyBytesMax) bytes")
    }
    if !bytes.contains(where: { $0 > 0x20 }) { throw DeliveryError("empty", "the file is empty") }
    var upload = Upload(context: context, bytes: bytes)
    switch kind {
    case .junit: try upload.junit()
    case .coverage: try upload.coverage()
    case .jtl: try upload.loadTest()
    case .training: try upload.training()
    case .events: return try readEventLines(bytes, context: context, people: people)
    }
    return upload.result
}

/// A file being read.
struct Upload {
    let context: UploadContext
    let bytes: [UInt8]
    /// Tells one file from another.
    let digest: String
    var result = NormalisedDelivery()

    init(context: UploadContext, bytes: [UInt8]) {
        self.context = context
        self.bytes = bytes
        let place = "\(context.repository)\n\(context.sha ?? "")\n\(context.build ?? "")\n"
        digest = hexText(sha256(Array(place.utf8) + bytes).prefix(12))
    }

    mutating func add(
        _ kind: EventKind, _ id: String, at time: Millis?, _ fields: [String: EventValue?]
    ) {
        var fields = fields.compactMapValues { $0 }
        for (name, value) in fields {
            if case .text(let text) = value { fields[name] = .text(maskedEmails(text)) }
        }
        if let sha = context.sha { fields["sha"] = fields["sha"] ?? .text(sha) }
        if let build = context.build { fields["build"] = fields["build"] ?? .text(build) }
        result.events.append(
            Event(
                id: "\(id)/\(digest)", source: context.source, kind: kind,
                time: time ?? context.time, team: context.team, repository: context.repository,
                service: context.service, fields: fields))
    }

    mutating func ignore(_ name: String) { result.ignored[name, default: 0] += 1 }
}

/// The lines of a file, without their ends and without empty ones.
func lines(of bytes: [UInt8]) -> some Sequence<ArraySlice<UInt8>> {
    bytes.split(separator: 0x0a).lazy
        .map { $0.last == 0x0d ? $0.dropLast() : $0 }
        .filter { $0.contains { $0 > 0x20 } }
}

/// Events in Martlet's own form, one a line; a bad line costs itself.
private func readEventLines(
    _ bytes: [UInt8], context: UploadContext, people: PeopleBook
) throws(DeliveryError) -> NormalisedDelivery {
    let (kind, name) = (DeliveryKind.generic, "upload")
    var config = DeliverySourceConfig(kind: kind, name: name)
    config.team = context.team
    let delivery = RawDelivery(source: context.source, id: "", receivedAt: context.time, body: [])
    var reading = Reading(source: config, people: people, delivery: delivery)
    for (index, line) in lines(of: bytes).enumerated() {
        do throws(JSONError) {
            reading.ownEvent(try JSON(Array(line)))
        } catch {
            reading.fault("line \(index + 1), column \(error.column): \(error.reason)")
        }
    }
    var result = reading.finish()
    for index in result.events.indices { result.events[index].source = context.source }
    if result.events.isEmpty, let fault = result.faults.first {
        throw DeliveryError("no_events", fault)
    }
    return result
}
