// A query's value, cost and explanation as JSON. Numbers travel as texts, times as seconds with up to
// three decimals: what Prometheus prints, byte for byte.

internal import Basics
internal import Bytes
internal import Query

/// Writes a query's value as `{"resultType":…,"result":…}`, with its cost when somebody asked.
func write(
    _ value: QueryValue, at time: Millis, to writer: inout JSONWriter, limit: Int = .max,
    statistics: (QueryStatistics, waited: Duration)? = nil
) {
    writer.beginObject()
    switch value {
    case .scalar(let number):
        writer.field("resultType", "scalar")
        writer.key("result")
        writeSingle(time, numberText(number, .plain), to: &writer)
    case .string(let text):
        writer.field("resultType", "string")
        writer.key("result")
        writeSingle(time, text, to: &writer)
    case .vector(let samples):
        writer.field("resultType", "vector")
        writer.key("result")
        writer.beginArray()
        for sample in samples.prefix(limit) {
            writer.beginObject()
            writer.key("metric")
            writer.labels(sample.labels)
            writer.key("value")
            writePoint(sample.time, numberText(sample.value, .api), to: &writer)
            writer.endObject()
        }
        writer.endArray()
    case .matrix(let series):
        writer.field("resultType", "matrix")
        writer.key("result")
        writer.beginArray()
        for one in series.prefix(limit) { writeSeries(one, to: &writer) }
        writer.endArray()
    }
    if let (cost, waited) = statistics { writeStatistics(cost, waited, to: &writer) }
    writer.endObject()
}

private func writeSeries(_ series: Series, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("metric")
    writer.labels(series.labels)
    writer.key("values")
    writer.beginArray()
    for index in series.times.indices {
        writePoint(series.times[index], numberText(series.values[index], .api), to: &writer)
    }
    writer.endArray()
    writer.endObject()
}

private func writePoint(_ time: Millis, _ text: String, to writer: inout JSONWriter) {
    writer.beginArray()
    writer.seconds(time)
    writer.string(text)
    writer.endArray()
}

/// A scalar or a text: Prometheus writes its time without trailing zeros, unlike those of samples.
private func writeSingle(_ time: Millis, _ text: String, to writer: inout JSONWriter) {
    writer.beginArray()
    writer.number(Double(time) / 1000)
    writer.string(text)
    writer.endArray()
}

private func writeStatistics(
    _ cost: QueryStatistics, _ waited: Duration, to writer: inout JSONWriter
) {
    let inner = Double(cost.evaluationNanoseconds - cost.selectNanoseconds) / 1e9
    let total = Double(cost.evaluationNanoseconds) / 1e9
    writer.key("stats")
    writer.beginObject()
    writer.key("timings")
    writer.beginObject()
    for (name, seconds) in [
        ("evalTotalTime", total), ("resultSortTime", 0),
        ("queryPreparationTime", Double(cost.selectNanoseconds) / 1e9), ("innerEvalTime", inner),
        ("execQueueTime", waited.seconds), ("execTotalTime", total + waited.seconds),
    ] {
        writer.key(name)
        writer.number(seconds)
    }
    writer.endObject()
    writer.key("samples")
    writer.beginObject()
    writer.key("totalQueryableSamples")
    writer.number(cost.samplesRead)
    writer.key("peakSamples")
    writer.number(cost.samplesPeak)
    writer.endObject()
    writer.endObject()
}

/// Writes what each node cost: `{"node","series","cells","millis","selfMillis","children"}`.
func writeExplanation(_ node: Explanation, to writer: inout JSONWriter) {
    let below = node.children.reduce(0) { $0 + $1.nanoseconds }
    writer.beginObject()
    writer.field("node", node.text)
    writer.key("series")
    writer.number(node.seriesCount)
    writer.key("cells")
    writer.number(node.cellCount)
    writer.key("millis")
    writer.number(Double(node.nanoseconds) / 1e6)
    writer.key("selfMillis")
    writer.number(Double(max(0, node.nanoseconds - below)) / 1e6)
    writer.key("children")
    writer.beginArray()
    for child in node.children { writeExplanation(child, to: &writer) }
    writer.endArray()
    writer.endObject()
}
