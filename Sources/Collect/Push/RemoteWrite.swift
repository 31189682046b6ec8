// Remote write 1.0: a block of snappy around a protobuf message of series, each with its labels and
// samples. The labels of a well-behaved sender are sorted and lie in the message as they lie in a set of
// labels here (length, bytes), so a series costs one copy and one look-up. What is wrong with a series
// costs that series; what the store refuses is counted by its reason. Histograms and exemplars are
// counted and left, until there is a place for them.
//
// Source: the Prometheus Remote-Write 1.0 specification, and prompb/types.proto for the field numbers.

public import Basics
public import Bytes

/// What became of a request of remote write.
public struct RemoteWriteOutcome: Sendable, Equatable {
    public var accepted = 0
    public var refused: [Refusal: Int] = [:]
    /// Series whose labels are none, with the first reason.
    public var badSeries = 0
    public var firstFault: String?
    /// Native histograms and exemplars, which are not kept.
    public var histograms = 0
    public var exemplars = 0

    public init() {}

    fileprivate mutating func fault(_ reason: String) {
        badSeries += 1
        if firstFault == nil { firstFault = reason }
    }
}

/// One request.
public struct RemoteWrite {
    private let message: [UInt8]

    /// - Parameter body: the bytes of the request, compressed as they came.
    /// - Throws: ``SnappyError`` when they are no block, or too large.
    public init(_ body: [UInt8], bytesMax: Int = Limits.remoteWriteBytesMax) throws(SnappyError) {
        message = try unsnappy(body, bytesMax: bytesMax)
    }

    /// Hands the samples over in one batch; blocks until they are acknowledged.
    ///
    /// - Throws: ``ProtobufError`` when the message is damaged, before anything is kept, and
    ///   ``IntakeError`` when the store fails; the request can be sent again.
    public func deliver(to intake: Intake) throws -> RemoteWriteOutcome {
        var outcome = RemoteWriteOutcome()
        var batch = SampleBatch()
        var metadata: [(String, MetricMetadata)] = []
        try message.withUnsafeBytes { raw in
            var reader = ProtobufReader(raw)
            while let (field, value) = try reader.next() {
                guard case .bytes(let part) = value else { continue }
                switch field {
                case 1: try series(part, intake, &batch, &outcome)
                case 3: try metadata.append(RemoteWrite.metadata(part))
                default: break
                }
            }
        }
        for (metric, known) in metadata where !metric.isEmpty { intake.describe(metric, known) }
        guard !batch.isEmpty else { return outcome }
        let appended = try intake.append(batch)
        outcome.accepted = appended.accepted
        outcome.refused.merge(appended.refused, uniquingKeysWith: +)
        return outcome
    }

    private func series(
        _ raw: UnsafeRawBufferPointer, _ intake: Intake, _ batch: inout SampleBatch,
        _ outcome: inout RemoteWriteOutcome
    ) throws {
        var builder = RemoteLabels(capacity: raw.count)
        var samples: [(time: Millis, value: Double)] = []
        var reader = ProtobufReader(raw)
        while let (field, value) = try reader.next() {
            guard case .bytes(let part) = value else { continue }
            switch field {
            case 1: try builder.add(part)
            case 2: samples.append(try RemoteWrite.sample(part))
            case 3: outcome.exemplars += 1
            case 4: outcome.histograms += 1
            default: break
            }
        }
        guard let labels = builder.labels else {
            return outcome.fault(builder.fault ?? "a series without labels")
        }
        guard !samples.isEmpty else { return }
        switch intake.resolve(labels) {
        case .success(let id):
            for (time, value) in samples { batch.append(id, time, value) }
        case .failure(let error):
            outcome.refused[error.refusal, default: 0] += samples.count
        }
    }

    private static func sample(
        _ raw: UnsafeRawBufferPointer
    ) throws(ProtobufError) -> (Millis, Double) {
        var (time, bits): (Millis, UInt64) = (0, 0)
        var reader = ProtobufReader(raw)
        while let (field, value) = try reader.next() {
            switch (field, value) {
            case (1, .fixed64(let pattern)): bits = pattern
            case (2, .varint(let number)): time = Millis(bitPattern: number)
            default: break
            }
        }
        return (time, Double(bitPattern: bits))
    }

    private static func metadata(
        _ raw: UnsafeRawBufferPointer
    ) throws(ProtobufError) -> (String, MetricMetadata) {
        // In the order of prompb's MetricMetadata.MetricType.
        let kinds: [MetricKind] = [
            .unknown, .counter, .gauge, .histogram, .gaugehistogram, .summary, .info, .stateset,
        ]
        var metric = ""
        var metadata = MetricMetadata(kind: .unknown)
        var reader = ProtobufReader(raw)
        while let (field, value) = try reader.next() {
            switch (field, value) {
            case (1, .varint(let kind)) where kind < UInt64(kinds.count):
                metadata.kind = kinds[Int(kind)]
            case (2, .bytes(let text)): metric = String(decoding: text, as: UTF8.self)
            case (4, .bytes(let text)): metadata.help = String(decoding: text, as: UTF8.self)
            case (5, .bytes(let text)): metadata.unit = String(decoding: text, as: UTF8.self)
            default: break
            }
        }
        return (metric, metadata)
    }
}
