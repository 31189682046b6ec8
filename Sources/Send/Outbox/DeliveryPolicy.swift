// What an answer means, as a value: done, try again later, or give up. Alertmanager's rules (2xx is
// done, 5xx and a broken connection are tried again, other codes are final) with 429 and 408 added,
// which ask for patience in words.

public import Basics
internal import Glibc

/// The rules of delivery.
public struct DeliveryPolicy: Sendable {
    /// The first pause; each further one is twice as long.
    public var pauseMillisMin: Millis = 1_000
    /// A receiver that is back is noticed within this.
    public var pauseMillisMax: Millis = 300_000
    /// A receiver may ask for more patience, up to this.
    public var retryAfterMillisMax: Millis = 3_600_000
    /// Older messages are given up: longer than a long weekend, nobody wants to hear of it.
    public var ageMillisMax: Millis = 4 * 86_400_000
    /// A number from 0 up to 1, spreading the attempts of many receivers.
    public var random: @Sendable () -> Double = { Double.random(in: 0..<1) }

    public init() {}

    public enum Verdict: Sendable, Equatable {
        case done(answer: String)
        case retry(at: Millis, error: String)
        case giveUp(error: String)
    }

    /// Judges an attempt.
    ///
    /// - Parameter entry: the message, with the attempts before this one.
    public func verdict(
        _ result: Result<FetchResponse, FetchError>, _ entry: WaitingMessage, at now: Millis
    ) -> Verdict {
        let error: String
        var pause = pauseMillis(after: entry.attempts)
        switch result {
        case .success(let response):
            if (200..<300).contains(response.status) { return .done(answer: "\(response.status)") }
            error = "the receiver answered \(response.status)"
            guard response.status >= 500 || [408, 429].contains(response.status) else {
                return .giveUp(error: error)
            }
            if let asked = response[header: "retry-after"].flatMap({ retryAfter($0, now) }) {
                pause = max(pause, min(asked, retryAfterMillisMax))
            }
        case .failure(.badURL): return .giveUp(error: "the receiver's URL cannot be used")
        case .failure(let fault): error = fault.description
        }
        if now - entry.message.createdAt > ageMillisMax {
            return .giveUp(error: "\(error); given up after \(durationText(ageMillisMax))")
        }
        return .retry(at: now + pause, error: error)
    }

    /// Twice as long each time, between half of it and all of it by chance.
    func pauseMillis(after attempts: Int) -> Millis {
        let doubled = Double(pauseMillisMin) * pow(2, Double(min(attempts, 40)))
        let full = min(doubled, Double(pauseMillisMax))
        return Millis(full * (0.5 + random() / 2))
    }

    /// Seconds, or a date.
    private func retryAfter(_ text: String, _ now: Millis) -> Millis? {
        let trimmed = text.split(separator: " ").joined(separator: " ")
        if let seconds = Millis(trimmed) {
            return seconds < 0 ? nil : min(seconds, 1_000_000) * 1000
        }
        return parseHTTPDate(trimmed).map { max(0, $0 - now) }
    }
}

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`.
func parseHTTPDate(_ text: String) -> Millis? {
    let parts = text.split(separator: " ")
    let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    guard parts.count == 6, let day = Int(parts[1]), let year = Int(parts[3]),
        let month = months.firstIndex(of: String(parts[2]))
    else { return nil }
    let clock = parts[4].split(separator: ":").compactMap { Int64($0) }
    guard clock.count == 3 else { return nil }
    let days = CivilTime.days(year: year, month: month + 1, day: day)
    return ((days * 24 + clock[0]) * 60 + clock[1]) * 60_000 + clock[2] * 1000
}
