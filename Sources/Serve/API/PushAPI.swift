// `POST /api/martlet/v1/kpis`: anything can report a number with curl. What is wrong with one item is
// said with its place and costs only that item; an answer of 200 means that all of it is kept.

public import Basics
internal import Bytes
public import Carry
internal import Collect

/// The end point that takes pushed samples.
public struct PushAPI: Sendable {
    private let intake: Intake
    private let clock: Clock
    /// Older samples go through the bulk path.
    private let lateMillis: Millis
    private let refused: [Refusal: Counter]

    public init(intake: Intake, clock: Clock, lateMillis: Millis, registry: Registry) {
        self.intake = intake
        self.clock = clock
        self.lateMillis = lateMillis
        refused = Dictionary(
            uniqueKeysWithValues: Refusal.allCases.map { reason in
                let counter = registry.counter(
                    "martlet_push_samples_refused_total", "Pushed samples that were refused.",
                    ["reason": reason.rawValue])
                return (reason, counter)
            })
    }

    public var routes: [Route] {
        [
            Route(
                ["POST"], "/api/martlet/v1/kpis", .intake, bodyBytesMax: Limits.bodyBytesMax,
                isWrite: true
            ) { push($0) }
        ]
    }

    private func push(_ request: HTTPRequest) -> HTTPResponse {
        let now = clock.now()
        do {
            var body = request.body
            if request[header: "content-encoding"] == "gzip" {
                body = try gunzip(body, bytesMax: Limits.bodyBytesMax)
            }
            let outcome = try PushBatch(body, now: now).deliver(
                to: intake, now: now, lateMillis: lateMillis)
            for (reason, count) in outcome.refused { refused[reason]?.add(Double(count)) }
            return answer(outcome)
        } catch let error as IntakeError {
            return .error(503, "unavailable", error.reason)
        } catch {
            return .error(400, "bad_data", "\(error)")
        }
    }

    private func answer(_ outcome: PushOutcome) -> HTTPResponse {
        if outcome.errors.isEmpty && outcome.refused.isEmpty {
            return success { writer in
                writer.beginObject()
                writer.key("accepted")
                writer.number(outcome.accepted)
                writer.key("backfilled")
                writer.number(outcome.backfilled)
                writer.endObject()
            }
        }
        let reasons =
            outcome.errors.map(\.description)
            + outcome.refused.sorted { $0.key.rawValue < $1.key.rawValue }.map { reason, count in
                "\(count) samples refused: \(reason.rawValue)"
            }
        let shown = reasons.prefix(20).joined(separator: "; ")
        let kept = outcome.accepted + outcome.backfilled
        return .error(400, "bad_data", "\(kept) samples kept; \(shown)")
    }
}
