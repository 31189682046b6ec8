// Prometheus' practices of naming: base units, `_total` for counters and only for them, no type in a
// name, snake_case (prometheus.io/docs/practices/naming). Advice, not grammar.

internal import Basics

/// What is against the practices in a metric's name and labels.
func namingFaults(
    _ name: String, kind: MetricKind, hasHelp: Bool, labels: Set<String>
) -> [String] {
    var faults: [String] = []
    if !hasHelp { faults.append("no help text") }
    if kind == .counter && !name.hasSuffix("_total") {
        faults.append("a counter's name should end in _total")
    }
    if kind != .counter && kind != .unknown && name.hasSuffix("_total") {
        faults.append("only a counter's name should end in _total")
    }
    if kind != .histogram && kind != .unknown && name.hasSuffix("_bucket") {
        faults.append("only a histogram's samples should end in _bucket")
    }
    if kind != .histogram && kind != .summary && kind != .unknown {
        for suffix in ["_count", "_sum"] where name.hasSuffix(suffix) {
            faults.append("only histograms and summaries should have \(suffix)")
        }
    }
    if kind != .histogram && kind != .unknown && labels.contains("le") {
        faults.append("only a histogram should have the label le")
    }
    if kind != .summary && kind != .unknown && labels.contains("quantile") {
        faults.append("only a summary should have the label quantile")
    }
    let words = name.lowercased().split(whereSeparator: { $0 == "_" || $0 == ":" }).map(String.init)
    for type in MetricKind.allCases.map(\.rawValue)
    where kind != .unknown && kind.rawValue == type && words.contains(type) {
        faults.append("the name should not say its type \(type)")
    }
    if name.contains(":") { faults.append("colons are for recording rules") }
    if isCamelCase(name) { faults.append("names are written in snake_case") }
    for label in labels.sorted() where isCamelCase(label) {
        faults.append("label \(label): names are written in snake_case")
    }
    for word in words {
        if let base = baseUnit(word) {
            faults.append("use the base unit \(base) instead of \(word)")
        }
        if let full = abbreviatedUnits[word] {
            faults.append("write the unit out: \(full) instead of \(word)")
        }
    }
    return faults
}

private func isCamelCase(_ name: String) -> Bool {
    var last: UInt8 = 0
    for byte in name.utf8 {
        if last &- 0x61 < 26 && byte &- 0x41 < 26 { return true }
        last = byte
    }
    return false
}

/// The base unit that a scaled one should be.
private func baseUnit(_ word: String) -> String? {
    if let other = otherUnits[word] { return other }
    let prefixes = [
        "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega",
        "mebi", "giga", "gibi", "tera", "tebi", "peta", "pebi",
    ]
    let bases = [
        "amperes", "bytes", "celsius", "grams", "joules", "kelvin", "kelvins", "meters", "metres",
        "moles", "seconds", "volts",
    ]
    for prefix in prefixes where word.hasPrefix(prefix) {
        let rest = String(word.dropFirst(prefix.count))
        if bases.contains(rest) { return rest }
    }
    return nil
}

private let otherUnits = [
    "minutes": "seconds", "hours": "seconds", "days": "seconds", "weeks": "seconds",
    "kelvins": "kelvin", "fahrenheit": "celsius", "rankine": "celsius", "inches": "meters",
    "yards": "meters", "miles": "meters", "bits": "bytes", "calories": "joules",
    "pounds": "grams", "ounces": "grams",
]

private let abbreviatedUnits = [
    "s": "seconds", "ms": "seconds", "us": "seconds", "ns": "seconds", "sec": "seconds",
    "b": "bytes", "kb": "bytes", "mb": "bytes", "gb": "bytes", "tb": "bytes", "pb": "bytes",
    "m": "meters", "h": "seconds", "d": "seconds",
]
