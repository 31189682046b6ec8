// Curves, segments and feedback of a version as JSON. Coordinates of curves have three digits, which is
// what a picture shows; figures have all of theirs.

internal import Basics
internal import Bytes
internal import Reason

extension ModelCard {
    /// The service whose releases and feedback are this model's: the one that is named, else its own name.
    var service: String { fields["service"] ?? key.model }
}

/// Curves now and in the reference, and the segments.
func write(_ detail: QualityDetail, to writer: inout JSONWriter) {
    writer.key("shapes")
    writer.beginObject()
    for (key, shapes) in [("reference", detail.reference), ("current", detail.current)] {
        writer.key(key)
        if let shapes { write(shapes, to: &writer) } else { writer.null() }
    }
    for (key, time) in [("from", detail.times?.lowerBound), ("through", detail.times?.upperBound)] {
        writer.key(key)
        if let time { writer.seconds(time) } else { writer.null() }
    }
    writer.endObject()
    writer.key("segments")
    writer.beginArray()
    for figure in detail.segments?.figures ?? [] { write(figure, to: &writer) }
    writer.endArray()
    writer.key("small_segments")
    writer.beginArray()
    for (segment, rows) in detail.segments?.small ?? [] {
        writer.beginObject()
        writer.field("segment", segment)
        writer.key("rows")
        writer.number(rows)
        writer.endObject()
    }
    writer.endArray()
}

private func write(_ figure: SegmentFigure, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("segment", figure.segment)
    writer.key("rows")
    writer.number(figure.rows)
    writer.field("metric", figure.name)
    for (key, value) in [
        ("value", figure.value), ("low", figure.interval.lowerBound),
        ("high", figure.interval.upperBound), ("rest", figure.rest),
        ("difference", figure.value - figure.rest),
        ("difference_low", figure.difference.lowerBound),
        ("difference_high", figure.difference.upperBound), ("p", figure.probability),
        ("adjusted", figure.adjusted),
    ] {
        writer.key(key)
        writer.number(value)
    }
    writer.key("beyond_noise")
    writer.bool(figure.isBeyondNoise)
    writer.key("worse")
    writer.bool(figure.isWorse)
    writer.endObject()
}

private func write(_ shapes: QualityShapes, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("rows")
    writer.number(shapes.rows)
    for (key, curve) in [("roc", shapes.receiver), ("pr", shapes.precisionRecall)] {
        guard let curve else { continue }
        writer.key(key)
        writer.beginObject()
        list("x", curve.x, to: &writer)
        list("y", curve.y, to: &writer)
        writer.key("area")
        writer.number(curve.area)
        writer.endObject()
    }
    for (key, value) in [
        ("positive_share", shapes.positiveShare), ("ece", shapes.calibrationError),
    ] {
        guard let value else { continue }
        writer.key(key)
        writer.number(value)
    }
    writer.key("calibration")
    writer.beginArray()
    for bin in shapes.calibration {
        writer.beginArray()
        writer.number(thousandth(bin.meanScore))
        writer.number(thousandth(bin.positiveShare))
        writer.number(bin.count)
        writer.endArray()
    }
    writer.endArray()
    if let table = shapes.confusion {
        writer.key("confusion")
        writer.beginObject()
        writer.key("names")
        writer.beginArray()
        for name in table.names { writer.string(name) }
        writer.endArray()
        writer.key("counts")
        writer.beginArray()
        for row in table.counts {
            writer.beginArray()
            for count in row { writer.number(count) }
            writer.endArray()
        }
        writer.endArray()
        writer.endObject()
    }
    if let residuals = shapes.residuals {
        writer.key("residuals")
        writer.beginObject()
        for (key, value) in [
            ("low", residuals.low), ("high", residuals.high), ("mean", residuals.mean),
            ("median", residuals.median),
        ] {
            writer.key(key)
            writer.number(value)
        }
        list("shares", residuals.shares, to: &writer)
        writer.endObject()
    }
    writer.endObject()
}

/// What users said, version by version.
func writeFeedback(_ feedback: ModelFeedback, to writer: inout JSONWriter) {
    writer.key("feedback")
    writer.beginObject()
    writer.key("versions")
    writer.beginArray()
    for tally in feedback.versions {
        writer.beginObject()
        writer.field("version", tally.version)
        for (key, count) in [
            ("count", tally.count), ("up", tally.up), ("down", tally.down),
            ("scored", tally.scored),
        ] {
            writer.key(key)
            writer.number(count)
        }
        let share = tally.upShare
        for (key, value) in [
            ("up_share", share?.value), ("up_low", share?.interval.lowerBound),
            ("up_high", share?.interval.upperBound), ("score", tally.meanScore),
        ] {
            writer.key(key)
            if let value { writer.number(value) } else { writer.null() }
        }
        writer.key("last")
        writer.seconds(tally.last)
        writer.endObject()
    }
    writer.endArray()
    writer.key("unnamed")
    writer.number(feedback.unnamed)
    writer.endObject()
}

private func list(_ key: String, _ values: [Double], to writer: inout JSONWriter) {
    writer.key(key)
    writer.beginArray()
    for value in values { writer.number(thousandth(value)) }
    writer.endArray()
}

private func thousandth(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
