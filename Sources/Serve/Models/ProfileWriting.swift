// Profiles as JSON: spans, columns, distances, figures of quality.

internal import Basics
internal import Bytes
internal import Reason

/// What spans are held against.
struct ProfileBaseline {
    var profiles: [String: ColumnProfile]
    /// `reference` or `span`.
    var name: String
    var from: Millis?
    var to: Millis?
    var rows: Int
}

extension ProfileBaseline {
    init(_ span: ProfileSpan) {
        self.init(
            profiles: span.profile.columns, name: "span", from: span.from, to: span.to,
            rows: span.profile.rows)
    }
}

/// The quantiles that are shown.
private let profileShares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]

func write(_ baseline: ProfileBaseline, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("kind", baseline.name)
    for (key, time) in [("from", baseline.from), ("to", baseline.to)] {
        writer.key(key)
        if let time { writer.seconds(time) } else { writer.null() }
    }
    writer.key("rows")
    writer.number(baseline.rows)
    writer.endObject()
}

func write(
    _ span: ProfileSpan, _ baseline: ProfileBaseline?, _ column: String?,
    to writer: inout JSONWriter
) {
    writer.beginObject()
    writer.key("from")
    writer.seconds(span.from)
    writer.key("to")
    writer.seconds(span.to)
    writer.key("versions")
    writer.beginArray()
    for version in span.versions.sorted() { writer.string(version) }
    writer.endArray()
    writer.key("rows")
    writer.number(span.profile.rows)
    writer.key("columns")
    writer.beginArray()
    for (name, profile) in span.profile.columns.sorted(by: { $0.key < $1.key })
    where column == nil || column == name {
        write(name, profile, baseline?.profiles[name], to: &writer)
    }
    writer.endArray()
    writer.key("quality")
    write(span.profile.quality.reading, to: &writer)
    writer.endObject()
}

func write(
    _ name: String, _ profile: ColumnProfile, _ reference: ColumnProfile?,
    to writer: inout JSONWriter
) {
    writer.beginObject()
    writer.field("name", name)
    writer.key("count")
    writer.number(profile.count)
    writer.key("missing")
    writer.number(profile.missing)
    if let range = profile.range {
        for (key, value) in [
            ("mean", profile.mean), ("deviation", profile.moments.deviation),
            ("min", range.lowerBound), ("max", range.upperBound),
            ("rank_error", profile.rankError),
        ] {
            writer.key(key)
            writer.number(value)
        }
        writer.key("quantiles")
        writer.beginObject()
        for share in profileShares {
            writer.key(numberText(share))
            writer.number(profile.quantile(share))
        }
        writer.endObject()
    } else if !profile.isNumeric {
        writer.key("categories")
        writer.beginObject()
        for (name, number) in profile.categories
            .sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }).prefix(50)
        {
            writer.key(name)
            writer.number(number)
        }
        writer.endObject()
        writer.key("others")
        writer.number(profile.others)
    }
    writer.key("drift")
    if let reference, let drift = profile.drift(from: reference) {
        write(drift, to: &writer)
    } else {
        writer.null()
    }
    writer.endObject()
}

func write(_ drift: ProfileDrift, to writer: inout JSONWriter) {
    writer.beginObject()
    for (key, value) in [
        ("ks", drift.kolmogorov), ("ks_error", drift.sketchError), ("psi", drift.stability),
        ("js", drift.jensenShannon), ("hellinger", drift.hellinger),
        ("wasserstein", drift.wassersteinRelative ?? .nan),
    ] {
        writer.key(key)
        if value.isFinite { writer.number(value) } else { writer.null() }
    }
    writer.key("new_categories")
    writer.beginArray()
    for name in drift.newCategories { writer.string(name) }
    writer.endArray()
    writer.endObject()
}
