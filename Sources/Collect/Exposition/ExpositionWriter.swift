// Families of metrics to text, in either format. The formats differ in where `_total` stands (in the
// family's name or only in the sample's), in the kinds they know, in the end mark and in the unit of
// timestamps; everything else is shared. A family that a format cannot say is split or called
// untyped, never dropped.

public import Basics

/// Appends an exposition to a run of bytes.
public struct ExpositionWriter: Sendable {
    public private(set) var bytes: [UInt8] = []
    public let format: ExpositionFormat

    public init(format: ExpositionFormat, capacity: Int = 4096) {
        self.format = format
        bytes.reserveCapacity(capacity)
    }

    /// The families as one complete exposition.
    public static func bytes(_ families: [MetricFamily], as format: ExpositionFormat) -> [UInt8] {
        var writer = ExpositionWriter(format: format)
        for family in families { writer.write(family) }
        writer.end()
        return writer.bytes
    }

    /// Writes one family, its metadata before its samples.
    public mutating func write(_ family: MetricFamily) {
        for part in parts(of: family) {
            header(part.name, part.metadata)
            for sample in part.samples {
                self.sample(family.name + sample.suffix, sample.labels, sample.value)
            }
        }
    }

    /// Writes the metadata lines of a family, named as the format wants it.
    public mutating func header(_ name: String, _ metadata: MetricMetadata) {
        let name = metadataName(name)
        if format.isOpenMetrics {
            line("# TYPE ", name, metadata.kind.rawValue)
            if !metadata.unit.isEmpty && name.hasSuffix("_" + metadata.unit) {
                line("# UNIT ", name, metadata.unit)
            }
        }
        if !metadata.help.isEmpty {
            line("# HELP ", name, escaped(metadata.help, quotes: format.isOpenMetrics))
        }
        if !format.isOpenMetrics { line("# TYPE ", name, textKind(metadata.kind)) }
    }

    /// Writes one sample; `time` in milliseconds.
    public mutating func sample(
        _ name: String, _ labels: Labels, _ value: Double, time: Millis? = nil
    ) {
        let isPlain = isLegacyMetricName(name)
        var opened = false
        if isPlain || !quotesNames {
            put(isPlain ? name : underscored(name))
        } else {
            put("{")
            put(quoted(name))
            opened = true
        }
        for label in labels where label.name != Labels.metricName {
            put(opened ? "," : "{")
            opened = true
            put(labelName(label.name))
            put("=\"")
            put(escaped(label.value, quotes: true))
            put("\"")
        }
        if opened { put("}") }
        put(" ")
        put(numberText(value))
        if let time {
            put(" ")
            put(format.isOpenMetrics ? secondsText(time) : String(time))
        }
        put("\n")
    }

    /// Ends the exposition; OpenMetrics has a mark for it.
    public mutating func end() { if format.isOpenMetrics { put("# EOF\n") } }

    private mutating func line(_ start: String, _ name: String, _ text: String) {
        put(start)
        put(name)
        put(" ")
        put(text)
        put("\n")
    }

    private mutating func put(_ text: String) { bytes += text.utf8 }

    private var quotesNames: Bool { format.escaping == .allowUTF8 }

    private func metadataName(_ name: String) -> String {
        if isLegacyMetricName(name) { return name }
        return quotesNames ? quoted(name) : underscored(name)
    }

    private func labelName(_ name: String) -> String {
        if isLegacyLabelName(name) { return name }
        return quotesNames ? quoted(name) : underscored(name).replacing(":", with: "_")
    }

    private struct Part {
        var name: String
        var metadata: MetricMetadata
        var samples: [MetricFamily.Sample]
    }

    /// The family as the format's families.
    private func parts(of family: MetricFamily) -> [Part] {
        var metadata = family.metadata
        if format.isOpenMetrics {
            // A counter's sample must end in _total here; one that does not is of unknown kind.
            let isOdd = { (sample: MetricFamily.Sample) in
                sample.suffix != "_total" && sample.suffix != "_created"
            }
            if metadata.kind == .counter && family.samples.contains(where: isOdd) {
                metadata.kind = .unknown
            }
            return [Part(name: family.name, metadata: metadata, samples: family.samples)]
        }
        // In 0.0.4 a family is named as its samples are, and what belongs to no kind stands alone.
        var parts: [Part] = []
        for sample in family.samples {
            let stands = standsAlone(sample.suffix, in: metadata.kind)
            let name = stands ? family.name + sample.suffix : family.name
            if let index = parts.firstIndex(where: { $0.name == name }) {
                parts[index].samples.append(sample)
            } else {
                var own = metadata
                if stands && sample.suffix != "_total" { own.kind = .gauge }
                parts.append(Part(name: name, metadata: own, samples: [sample]))
            }
        }
        return parts
    }

    private func standsAlone(_ suffix: String, in kind: MetricKind) -> Bool {
        switch suffix {
        case "": false
        case "_bucket": kind != .histogram && kind != .gaugehistogram
        case "_sum", "_count": kind != .histogram && kind != .summary
        default: true
        }
    }

    private func textKind(_ kind: MetricKind) -> String {
        switch kind {
        case .counter, .gauge, .histogram, .summary: kind.rawValue
        case .gaugehistogram: "histogram"
        case .info, .stateset: "gauge"
        case .unknown: "untyped"
        }
    }
}

/// Escapes `\` and line ends, and quotes where the text stands in them.
private func escaped(_ text: String, quotes: Bool) -> String {
    let needs = text.utf8.contains { $0 == 0x5c || $0 == 0x0a || (quotes && $0 == 0x22) }
    guard needs else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\"" where quotes: result += "\\\""
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// Replaces what an old client cannot read, character by character.
private func underscored(_ name: String) -> String {
    var result = ""
    for (index, scalar) in name.unicodeScalars.enumerated() {
        let fits = scalar.isASCII && isNameByte(UInt8(scalar.value))
        let isDigit = scalar.value &- 0x30 <= 9
        if fits && !(index == 0 && isDigit) {
            result.unicodeScalars.append(scalar)
        } else {
            result += "_"
        }
    }
    return result
}

/// Milliseconds as seconds with up to three decimals.
private func secondsText(_ time: Millis) -> String {
    let rest = Int(time.magnitude % 1000)
    let whole = (time < 0 ? "-" : "") + String(time.magnitude / 1000)
    guard rest > 0 else { return whole }
    let digits = String(rest)
    return whole + "." + String(repeating: "0", count: 3 - digits.utf8.count) + digits
}
