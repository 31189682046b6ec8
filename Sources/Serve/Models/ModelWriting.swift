// Models as JSON, piece by piece, as their pages read them.

internal import Basics
internal import Bytes
internal import Reason

/// What a list shows of a version.
func head(_ card: ModelCard, to writer: inout JSONWriter) {
    writer.field("model", card.key.model)
    writer.field("version", card.key.version)
    let (state, phrase) = card.verdict
    writer.field("state", state.rawValue)
    writer.key("verdict")
    write(phrase, to: &writer)
    writer.key("fields")
    writer.labels(Labels(card.fields.map { ($0.key, $0.value) }))
    writer.key("answers")
    writer.number(card.watching?.rows ?? 0)
    writer.key("first")
    if let first = card.watching?.first { writer.seconds(first) } else { writer.null() }
    writer.key("last")
    if let last = card.watching?.last { writer.seconds(last) } else { writer.null() }
    writer.key("reference")
    if let reference = card.watching?.reference {
        write(reference.origin.phrase(rows: reference.rows), to: &writer)
    } else {
        writer.null()
    }
    writer.key("looks")
    writer.number(card.watching?.whole?.watch.looks.count ?? 0)
    writer.key("drifted")
    writer.beginArray()
    for column in card.watching?.whole?.watch.drifted ?? [] { writer.string(column.name) }
    writer.endArray()
    writer.key("labels")
    writer.number(card.labelCount)
}

/// A watched column with its last look and its tiny histograms.
func write(_ name: String, _ scope: ModelScope, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("name", name)
    let state = scope.watch.columns[name]
    writer.key("since")
    if let since = state?.since { writer.seconds(since) } else { writer.null() }
    writer.key("evidence")
    writer.number(state?.probability ?? 1)
    if let look = scope.watch.looks.last?.columns.first(where: { $0.name == name }) {
        writer.field("kind", look.kind.rawValue)
        for (key, value) in [
            ("distance", look.distance), ("effect", look.effect), ("p", look.probability),
            ("missing", look.missingShare),
        ] {
            writer.key(key)
            if let value { writer.number(value) } else { writer.null() }
        }
        writer.key("direction")
        if let direction = look.direction { write(direction, to: &writer) } else { writer.null() }
    }
    if let reference = scope.reference.profiles[name], let current = scope.latest[name] {
        for (key, profile) in [("reference_mean", reference), ("current_mean", current)] {
            writer.key(key)
            if profile.sketch != nil { writer.number(profile.mean) } else { writer.null() }
        }
        if let histogram = current.histogram(beside: reference) {
            writer.key("histogram")
            writer.beginObject()
            writer.key("bins")
            writer.beginArray()
            for bin in histogram.bins { writer.string(bin) }
            writer.endArray()
            for (key, shares) in [
                ("reference", histogram.reference), ("current", histogram.current),
            ] {
                writer.key(key)
                writer.beginArray()
                for share in shares { writer.number((share * 10_000).rounded() / 10_000) }
                writer.endArray()
            }
            writer.key("numeric")
            writer.bool(histogram.isNumeric)
            writer.endObject()
        }
    }
    writer.endObject()
}

/// Figures of quality with their intervals, or why there are none.
func write(_ reading: QualityReading, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("kind", reading.kind)
    writer.key("rows")
    writer.number(reading.rows)
    writer.key("remark")
    if let remark = reading.remark { write(remark, to: &writer) } else { writer.null() }
    writer.key("figures")
    writer.beginArray()
    for figure in reading.figures {
        writer.beginObject()
        writer.field("name", figure.name)
        writer.key("value")
        writer.number(figure.value)
        write(figure.interval?.lowerBound, figure.interval?.upperBound, to: &writer)
        writer.endObject()
    }
    writer.endArray()
    writer.endObject()
}

/// Quality now, estimated, in the reference, and over time.
func writeQuality(_ card: ModelCard, to writer: inout JSONWriter) {
    writer.key("quality")
    writer.beginObject()
    for (key, reading) in [
        ("labelled", card.quality), ("estimated", card.estimate),
        ("reference", card.referenceQuality),
    ] {
        writer.key(key)
        if let reading { write(reading, to: &writer) } else { writer.null() }
    }
    write(card.detail, to: &writer)
    writer.key("points")
    writer.beginArray()
    // The figures that a page draws, hour by hour for a week; all others are series.
    let drawn = card.points.filter { drawnFigures.contains($0.name) }
    for point in drawn.suffix(2000) {
        writer.beginObject()
        writer.key("time")
        writer.seconds(point.time)
        writer.field("name", point.name)
        writer.key("value")
        writer.number(point.value)
        write(point.low, point.high, to: &writer)
        writer.key("estimated")
        writer.bool(point.isEstimated)
        writer.key("rows")
        writer.number(point.rows)
        writer.endObject()
    }
    writer.endArray()
    writer.endObject()
}

private let drawnFigures: Set = ["accuracy", "roc_auc", "f1", "f1_macro", "mae", "rmse"]

private func write(_ low: Double?, _ high: Double?, to writer: inout JSONWriter) {
    for (key, end) in [("low", low), ("high", high)] {
        writer.key(key)
        if let end { writer.number(end) } else { writer.null() }
    }
}

func write(_ speed: ModelSpeed, to writer: inout JSONWriter) {
    writer.key("speed")
    writer.beginObject()
    writer.key("rows")
    writer.number(speed.rows)
    for (key, table) in [("latency", speed.latency), ("first_token", speed.firstToken)] {
        writer.key(key)
        writer.beginObject()
        for (share, value) in table.sorted(by: { $0.key < $1.key }) {
            writer.key(numberText(share))
            writer.number(value)
        }
        writer.endObject()
    }
    for (key, value) in [
        ("tokens_in", speed.tokensIn), ("tokens_out", speed.tokensOut),
        ("cost_per_thousand", speed.costPerThousand),
    ] {
        writer.key(key)
        if let value { writer.number(value) } else { writer.null() }
    }
    writer.endObject()
}

func write(_ server: ServerCard, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("model", server.model)
    writer.field("url", server.url)
    writer.field("metrics", server.metrics ?? "")
    writer.field("kind", server.kind?.rawValue ?? "")
    writer.field("title", server.kind?.title ?? "")
    writer.field("fault", server.fault ?? "")
    writer.key("signals")
    writer.beginObject()
    for signal in ServerSignal.allCases {
        guard let value = server.signals[signal] else { continue }
        writer.key(signal.rawValue)
        writer.number(value)
    }
    writer.endObject()
    writer.endObject()
}
