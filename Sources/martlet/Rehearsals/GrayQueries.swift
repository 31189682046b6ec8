// Windows of a gray release that are read from series: both sides' queries at one moment, a window where
// both gave their counts, and none where one did not, because no data is not a count of nothing.

import Basics
import Bytes
import Query
import Rehearse

extension GrayConfig {
    /// Why there is no window.
    struct NoWindow: Error, CustomStringConvertible {
        var description: String
    }

    /// The window that ends at a time.
    func window(at time: Millis, version: String, engine: Engine) throws -> StageWindow {
        func side(
            _ name: String, _ queries: [(key: String, value: String)]
        ) throws -> (key: String, value: JSON) {
            var fields: [(key: String, value: JSON)] = []
            for (key, text) in queries {
                let value = try number(
                    text.replacing("$version", with: inString(version)), at: time, engine)
                let isCount = key == "requests" || key == "errors"
                if value == nil && isCount {
                    throw NoWindow(
                        description: "\(name) \(key) gave no number; for a series that may be "
                            + "missing write `… or vector(0)`")
                }
                fields.append((key, value.map { .number($0) } ?? .null))
            }
            return (name, .object(fields))
        }
        let json = JSON.object([
            ("time", .number(String(time))), try side("baseline", baseline),
            try side("canary", canary),
        ])
        return try StageWindow(json, now: time)
    }

    /// The one number that a query gives; nil when it gives none, or several.
    private func number(_ text: String, at time: Millis, _ engine: Engine) throws -> Double? {
        let answer = try engine.instant(text, time, QueryLimits())
        let value: Double? =
            switch answer.value {
            case .vector(let samples): samples.count == 1 ? samples.first?.value : nil
            case .scalar(let value): value
            default: nil
            }
        return value.flatMap { $0.isFinite ? $0 : nil }
    }
}

/// A text for the inside of a PromQL string of either quote; what could end the string stands as its code.
///
/// A version is whatever a reporter says, and must not become part of the query.
private func inString(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        let isSpecial = scalar.value < 0x20 || "\"'`\\\u{7f}".unicodeScalars.contains(scalar)
        result += isSpecial ? "\\x" + hex(UInt8(scalar.value)) : String(scalar)
    }
    return result
}

private func hex(_ byte: UInt8) -> String {
    let text = String(byte, radix: 16)
    return byte < 16 ? "0" + text : text
}
