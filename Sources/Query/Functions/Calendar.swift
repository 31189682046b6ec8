// Fields of the date that a value, or the evaluation time, stands for; in UTC.

internal import Basics

extension Evaluator {
    func calendar(_ node: FunctionCall, _ steps: Steps) throws(QueryError) -> Frame {
        var frame: Frame
        if let argument = node.arguments.first {
            frame = try withoutNames(try vector(argument, steps, in: node.function.rawValue))
        } else {
            frame = Frame(width: steps.count)
            frame.append(.empty, (0..<steps.count).map { Double(steps.time($0)) / 1000 })
        }
        let function = node.function
        frame.mapValues { Evaluator.field(function, of: $0) }
        return frame
    }

    private static func field(_ function: Function, of seconds: Double) -> Double {
        // Go truncates the seconds; what no calendar reaches (and NaN) has no field.
        guard seconds.magnitude <= Double(timeMillisMax / 1000) else { return .nan }
        let time = Millis(seconds) * 1000
        let civil = CivilTime(time)
        switch function {
        case .minute: return Double(civil.minute)
        case .hour: return Double(civil.hour)
        case .dayOfWeek: return Double(CivilTime.weekday(time))
        case .dayOfMonth: return Double(civil.day)
        case .month: return Double(civil.month)
        case .year: return Double(civil.year)
        case .dayOfYear:
            let first = CivilTime.days(year: civil.year, month: 1, day: 1)
            return Double(time.flooredDivision(by: 86_400_000) - first + 1)
        default:
            let isDecember = civil.month == 12
            let next = CivilTime.days(
                year: isDecember ? civil.year + 1 : civil.year,
                month: isDecember ? 1 : civil.month + 1, day: 1)
            return Double(next - CivilTime.days(year: civil.year, month: civil.month, day: 1))
        }
    }
}
