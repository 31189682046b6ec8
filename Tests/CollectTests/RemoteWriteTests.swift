// Remote write 1.0: what a sender says comes in, what is wrong with a series costs that series, and no
// bytes stop the program.

import Basics
import Bytes
import Testing

@testable import Collect

/// Writes the wire format of protobuf, as a sender would.
private struct Message {
    var bytes: [UInt8] = []

    mutating func varint(_ field: UInt64, _ value: UInt64) {
        appendVarint(field << 3, to: &bytes)
        appendVarint(value, to: &bytes)
    }

    mutating func double(_ field: UInt64, _ value: Double) {
        appendVarint(field << 3 | 1, to: &bytes)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func part(_ field: UInt64, _ part: [UInt8]) {
        appendVarint(field << 3 | 2, to: &bytes)
        appendVarint(UInt64(part.count), to: &bytes)
        bytes += part
    }

    mutating func series(_ labels: [(String, String)], _ samples: [(Millis, Double)]) {
        var series = Message()
        for (name, value) in labels {
            var label = Message()
            label.part(1, Array(name.utf8))
            label.part(2, Array(value.utf8))
            series.part(1, label.bytes)
        }
        for (time, value) in samples {
            var sample = Message()
            sample.double(1, value)
            sample.varint(2, UInt64(bitPattern: time))
            series.part(2, sample.bytes)
        }
        part(1, series.bytes)
    }

    func deliver(_ store: Remembering) throws -> RemoteWriteOutcome {
        try RemoteWrite(snappy(bytes)).deliver(to: store.intake)
    }
}

@Suite struct RemoteWriteTests {
    @Test func `series, samples and metadata come in, the stale marker with its bits`() throws {
        var message = Message()
        message.series(
            [("__name__", "up"), ("job", "app"), ("zone", "北京")],
            [(1_000, 1), (2_000, Stale.marker)])
        message.series([("__name__", "down")], [(-5, 0.5)])
        var metadata = Message()
        metadata.varint(1, 2)
        metadata.part(2, Array("up".utf8))
        metadata.part(4, Array("Whether it is up.".utf8))
        message.part(3, metadata.bytes)
        let store = Remembering()
        let outcome = try message.deliver(store)
        #expect(outcome.accepted == 3 && outcome.refused.isEmpty && outcome.badSeries == 0)
        #expect(store.values("up", ("zone", "北京")) == ["1", "stale"])
        #expect(store.samples.map(\.time) == [1_000, 2_000, -5])
        let known = store.state.withLock { $0.metadata["up"] }
        #expect(known == MetricMetadata(kind: .gauge, help: "Whether it is up."))
        #expect(store.state.withLock { $0.appends } == 1)
    }

    @Test func `labels out of order are sorted, and empty values do not exist`() throws {
        var message = Message()
        message.series([("z", "1"), ("__name__", "m"), ("a", ""), ("b", "2")], [(0, 1)])
        let store = Remembering()
        #expect(try message.deliver(store).accepted == 1)
        #expect(store.samples.first?.labels == Labels(name: "m", ("b", "2"), ("z", "1")))
    }

    @Test func `a bad series costs itself and is named`() throws {
        var message = Message()
        message.series([("__name__", "good")], [(0, 1)])
        message.series([("__name__", "twice"), ("a", "1"), ("a", "2")], [(0, 1)])
        message.series([], [(0, 1)])
        message.series([("", "x")], [(0, 1)])
        message.series([("__name__", "late")], [(0, 1)])
        let store = Remembering()
        let outcome = try message.deliver(store)
        #expect(outcome.accepted == 2 && outcome.badSeries == 3)
        #expect(outcome.firstFault == "the label a stands twice")
        #expect(store.values("late") == ["1"])
    }

    @Test func `what the store refuses is counted by its reason`() throws {
        var message = Message()
        for index in 0..<3 { message.series([("__name__", "m\(index)")], [(0, 1), (1, 2)]) }
        let store = Remembering()
        store.state.withLock { $0.seriesMax = 1 }
        let outcome = try message.deliver(store)
        #expect(outcome.accepted == 2 && outcome.refused == [.seriesLimit: 4])
    }

    @Test func `a body that is no snappy, or would be too large, is refused before anything`() {
        #expect(throws: SnappyError.corrupt) {
            try RemoteWrite([0xff, 0xff, 0xff, 0xff, 0xff, 0xff])
        }
        #expect(throws: SnappyError.tooLarge(bytes: 100, bytesMax: 99)) {
            try RemoteWrite(snappy([UInt8](repeating: 0, count: 100)), bytesMax: 99)
        }
    }

    @Test func `no bytes stop the program, and a damaged message keeps nothing`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = Seeded(state: seed)
        var whole = Message()
        for index in 0..<20 {
            whole.series([("__name__", "m"), ("i", "\(index)")], [(Millis(index), 1), (99, 2)])
        }
        for _ in 0..<2_000 {
            var damaged = whole
            for _ in 0...Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<damaged.bytes.count, using: &random)
                if Bool.random(using: &random) {
                    damaged.bytes[place] = UInt8.random(in: 0...255, using: &random)
                } else {
                    damaged.bytes.removeLast(damaged.bytes.count - max(1, place))
                }
            }
            let store = Remembering()
            do {
                _ = try damaged.deliver(store)
            } catch is ProtobufError {
                #expect(store.samples.isEmpty, "seed \(seed)")
            }
        }
    }
}
