// `POST /api/v1/write`: remote write 1.0 in. 204 means that everything is kept; 400 that something never
// will be (and the rest is kept), so that the sender goes on; 503 that the same may be sent again.

public import Basics
internal import Bytes
public import Carry
internal import Collect

/// The end point of remote write.
public struct RemoteWriteAPI: Sendable {
    private let intake: Intake
    private let samples: Counter
    private let refused: [Refusal: Counter]
    private let left: (histograms: Counter, exemplars: Counter)

    public init(intake: Intake, registry: Registry) {
        self.intake = intake
        samples = registry.counter(
            "martlet_remote_write_samples_total", "Samples kept that came by remote write.")
        refused = Dictionary(
            uniqueKeysWithValues: Refusal.allCases.map { reason in
                let counter = registry.counter(
                    "martlet_remote_write_samples_refused_total",
                    "Samples that came by remote write and were refused.",
                    ["reason": reason.rawValue])
                return (reason, counter)
            })
        func leftCounter(_ kind: String) -> Counter {
            registry.counter(
                "martlet_remote_write_unsupported_total",
                "Parts of remote write that are read and not kept.", ["kind": kind])
        }
        left = (leftCounter("histogram"), leftCounter("exemplar"))
    }

    public var routes: [Route] {
        [
            Route(
                ["POST"], "/api/v1/write", .intake, bodyBytesMax: Limits.bodyBytesMax, isWrite: true
            ) { write($0) }
        ]
    }

    private func write(_ request: HTTPRequest) -> HTTPResponse {
        if let type = request[header: "content-type"], type.contains("io.prometheus.write.v2") {
            return .error(415, "bad_data", "remote write 2.0 is not served; send 1.0")
        }
        if let encoding = request[header: "content-encoding"], encoding != "snappy" {
            return .error(415, "bad_data", "content-encoding must be snappy, not \(encoding)")
        }
        do {
            let outcome = try RemoteWrite(request.body).deliver(to: intake)
            samples.add(Double(outcome.accepted))
            left.histograms.add(Double(outcome.histograms))
            left.exemplars.add(Double(outcome.exemplars))
            for (reason, count) in outcome.refused { refused[reason]?.add(Double(count)) }
            return answer(outcome)
        } catch let error as IntakeError {
            return .error(503, "unavailable", error.reason)
        } catch {
            return .error(400, "bad_data", "\(error)")
        }
    }

    private func answer(_ outcome: RemoteWriteOutcome) -> HTTPResponse {
        if outcome.refused.isEmpty && outcome.badSeries == 0 { return HTTPResponse(status: 204) }
        // A full disk passes; what is sent again then is taken, and what was kept counts once.
        if outcome.refused[.diskFull] != nil {
            return .error(503, "unavailable", "the disk is full; \(outcome.accepted) samples kept")
        }
        var reasons = outcome.refused.sorted { $0.key.rawValue < $1.key.rawValue }.map {
            "\($0.value) samples refused: \($0.key.rawValue)"
        }
        if let fault = outcome.firstFault {
            reasons.append("\(outcome.badSeries) series refused, the first: \(fault)")
        }
        return .error(
            400, "bad_data",
            "\(outcome.accepted) samples kept; \(reasons.joined(separator: "; "))")
    }
}
