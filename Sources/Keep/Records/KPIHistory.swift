// The history of KPIs: a value and the number of things it was made of, per series and bucket. It is
// a table and not a stream of samples because a late event changes a bucket long past: the row is
// written anew. A row without a number (NaN) is NULL in the table. In a query the time of a value is
// the start of its bucket.

public import Basics
internal import GRDB

/// One bucket of one KPI series.
public struct KPIRow: Sendable, Equatable {
    public var labels: Labels
    public var bucketStart: Millis
    public var bucketMillis: Millis
    public var value: Double
    /// How many things the value was made of.
    public var count: Int

    public init(
        labels: Labels, bucketStart: Millis, bucketMillis: Millis, value: Double, count: Int
    ) {
        self.labels = labels
        self.bucketStart = bucketStart
        self.bucketMillis = bucketMillis
        self.value = value
        self.count = count
    }
}

/// The buckets of all KPI series.
public struct KPIHistory: Sendable {
    let base: RecordBase

    /// Writes rows; one with the same series, start and width is replaced.
    public func upsert(_ rows: [KPIRow]) throws(RecordError) {
        try base.write("write the history of KPIs") { db in
            let find = try db.cachedStatement(sql: "SELECT id FROM kpi_series WHERE labels = ?")
            let define = try db.cachedStatement(sql: "INSERT INTO kpi_series (labels) VALUES (?)")
            let insert = try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO kpi_history VALUES (?, ?, ?, ?, ?)")
            var ids: [Labels: Int64] = [:]
            for row in rows {
                var id = ids[row.labels]
                if id == nil {
                    let text = labelsText(row.labels)
                    id = try Int64.fetchOne(find, arguments: [text])
                    if id == nil {
                        try define.execute(arguments: [text])
                        id = db.lastInsertedRowID
                    }
                    ids[row.labels] = id
                }
                try insert.execute(arguments: [
                    id, row.bucketStart, row.bucketMillis, row.value, row.count,
                ])
            }
        }
    }

    /// The series that satisfy all matchers, with their buckets that start within a range.
    ///
    /// - Returns: sorted by labels; a series without a bucket in range is not among them.
    public func series(
        matching matchers: [Matcher], range: TimeRange
    ) throws(RecordError) -> [Series] {
        let rows = try rows(matching: matchers, range: range)
        var found: [Series] = []
        for row in rows {
            if found.last?.labels != row.labels { found.append(Series(labels: row.labels)) }
            // Two widths of one start: the first, narrower one stands; a series has one value a time.
            if found[found.count - 1].times.last == row.bucketStart { continue }
            found[found.count - 1].times.append(row.bucketStart)
            found[found.count - 1].values.append(row.value)
        }
        return found
    }

    /// The rows that satisfy all matchers and start within a range, sorted by labels and time.
    public func rows(
        matching matchers: [Matcher], range: TimeRange
    ) throws(RecordError) -> [KPIRow] {
        try base.read("read the history of KPIs") { db in
            let known = try Row.fetchAll(db, sql: "SELECT id, labels FROM kpi_series").map { row in
                (id: row[0] as Int64, labels: labels(fromText: row[1]))
            }
            let wanted = try known.filter { series in
                try matchers.allSatisfy { try $0.matches(series.labels) }
            }
            let buckets = try db.cachedStatement(
                sql: """
                    SELECT bucket_start, bucket_millis, value, n FROM kpi_history
                    WHERE series = ? AND bucket_start BETWEEN ? AND ?
                    ORDER BY bucket_start, bucket_millis
                    """)
            return try wanted.sorted { $0.labels < $1.labels }.flatMap { series in
                try Row.fetchAll(buckets, arguments: [series.id, range.from, range.through])
                    .map { row in
                        KPIRow(
                            labels: series.labels, bucketStart: row[0], bucketMillis: row[1],
                            value: (row[2] as Double?) ?? .nan, count: row[3])
                    }
            }
        }
    }

    /// Removes the buckets that ended before a time, and the series that are left without any.
    @discardableResult
    public func prune(before time: Millis) throws(RecordError) -> Int {
        try base.write("prune the history of KPIs") { db in
            try db.execute(
                sql: "DELETE FROM kpi_history WHERE bucket_start + bucket_millis <= ?",
                arguments: [time])
            let removed = db.changesCount
            try db.execute(
                sql: "DELETE FROM kpi_series WHERE id NOT IN (SELECT series FROM kpi_history)")
            return removed
        }
    }
}
