// Functions of one number, and clamping and rounding.

internal import Basics
internal import Glibc

extension Evaluator {
    func mapped(_ node: FunctionCall, _ steps: Steps) throws(QueryError) -> Frame {
        var frame = try vector(node.arguments[0], steps, in: node.function.rawValue)
        switch node.function {
        case .abs: frame.mapValues { $0.magnitude }
        case .acos: frame.mapValues { acos($0) }
        case .acosh: frame.mapValues { acosh($0) }
        case .asin: frame.mapValues { asin($0) }
        case .asinh: frame.mapValues { asinh($0) }
        case .atan: frame.mapValues { atan($0) }
        case .atanh: frame.mapValues { atanh($0) }
        case .ceil: frame.mapValues { $0.rounded(.up) }
        case .cos: frame.mapValues { cos($0) }
        case .cosh: frame.mapValues { cosh($0) }
        case .deg: frame.mapValues { $0 * 180 / .pi }
        case .exp: frame.mapValues { exp($0) }
        case .floor: frame.mapValues { $0.rounded(.down) }
        case .ln: frame.mapValues { log($0) }
        case .log10: frame.mapValues { log10($0) }
        case .log2: frame.mapValues { log2($0) }
        case .rad: frame.mapValues { $0 * .pi / 180 }
        case .sgn: frame.mapValues { $0 < 0 ? -1 : $0 > 0 ? 1 : $0 }
        case .sin: frame.mapValues { sin($0) }
        case .sinh: frame.mapValues { sinh($0) }
        case .sqrt: frame.mapValues { $0.squareRoot() }
        case .tan: frame.mapValues { tan($0) }
        case .tanh: frame.mapValues { tanh($0) }
        default: break
        }
        return try withoutNames(frame)
    }

    func clamped(_ node: FunctionCall, _ steps: Steps) throws(QueryError) -> Frame {
        var frame = try vector(node.arguments[0], steps, in: node.function.rawValue)
        let first = try scalar(node.arguments[1], steps)
        let low = node.function == .clampMax ? nil : first
        let high =
            switch node.function {
            case .clampMax: first
            case .clamp: try scalar(node.arguments[2], steps)
            default: [Double]?.none
            }
        for row in 0..<frame.rows {
            for step in 0..<steps.count where !isAbsent(frame[row, step]) {
                var value = frame[row, step]
                if let low, let high, high[step] < low[step] {
                    frame[row, step] = absent
                    continue
                }
                if let high {
                    value = high[step].isNaN ? .nan : value > high[step] ? high[step] : value
                }
                if let low {
                    value = low[step].isNaN ? .nan : value < low[step] ? low[step] : value
                }
                frame[row, step] = value
            }
        }
        return try withoutNames(frame.compacted())
    }

    /// Rounds to the nearest multiple, halves upwards.
    ///
    /// The multiple is inverted because 1/10 is not exact and 10 is.
    func rounded(_ node: FunctionCall, _ steps: Steps) throws(QueryError) -> Frame {
        var frame = try vector(node.arguments[0], steps, in: node.function.rawValue)
        let nearest =
            node.arguments.count > 1
            ? try scalar(node.arguments[1], steps) : Array(repeating: 1, count: steps.count)
        for row in 0..<frame.rows {
            for step in 0..<steps.count where !isAbsent(frame[row, step]) {
                let inverse = 1 / nearest[step]
                frame[row, step] = (frame[row, step] * inverse + 0.5).rounded(.down) / inverse
            }
        }
        return try withoutNames(frame)
    }
}
