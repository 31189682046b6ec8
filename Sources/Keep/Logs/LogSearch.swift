// A search over all days. A line lies in the file of the day it arrived, which need not be the day it
// speaks of, so the days overlap: they are taken in the order of their latest lines, merged, and the
// search ends when no remaining day can have a line that belongs on the page. Time is bounded by
// interrupting SQLite; what was found till then is answered, with a remark.

internal import Basics
internal import GRDB

/// One search, checked and ready to run.
struct LogSearch {
    private let query: LogQuery
    private let words: WordQuery
    private let range: TimeRange
    private let limit: Int

    init(_ query: LogQuery) throws(LogError) {
        do throws(WordQueryError) {
            words = try WordQuery(query.words)
        } catch {
            throw .badQuery(error.description)
        }
        guard query.range.from <= query.range.through else {
            throw .badQuery("the search ends before it begins")
        }
        // Times beyond this are nobody's, and arithmetic on them would overflow.
        let bound: Millis = 1 << 53
        range = TimeRange(
            from: max(query.range.from, -bound), through: min(query.range.through, bound))
        limit = min(max(query.limit, 1), LogQuery.limitMax)
        if query.bucketMillis > 0,
            (range.through - range.from) / query.bucketMillis >= Int64(LogQuery.bucketsMax)
        {
            throw .badQuery(
                "more than \(LogQuery.bucketsMax) buckets; take a shorter range or wider buckets")
        }
        self.query = query
    }

    /// Runs the search; also says how many files were found damaged.
    func run(_ files: [DayFile]) throws(LogError) -> (page: LogPage, damaged: Int) {
        var page = LogPage()
        var damaged = 0
        let watchdog = Watchdog(millis: query.budgetMillis)
        defer { watchdog.stop() }
        func skip(_ file: DayFile, _ error: LogError) throws(LogError) {
            if case .badQuery = error { throw error }
            if !watchdog.isOver {
                damaged += 1
                page.remarks.append("\(file.name) was left out: \(error)")
            }
            page.isPartial = true
        }

        var days: [Day] = []
        for file in files {
            do throws(LogError) {
                let reader = try LogReader(file)
                watchdog.watch(reader.queue)
                guard let span = try reader.span(), span.from <= range.through,
                    span.through >= range.from
                else { continue }
                let streams = try reader.streams()
                let wanted = try matching(streams)
                if wanted.isEmpty { continue }
                let isAll = wanted.count == streams.count
                days.append(
                    Day(reader: reader, span: span, streams: wanted, filtersStreams: !isAll))
            } catch {
                try skip(file, error)
            }
        }
        days.sort {
            query.newestFirst ? $0.span.through > $1.span.through : $0.span.from < $1.span.from
        }

        var hits: [LogHit] = []
        for day in days {
            if hits.count > limit, let last = hits.last, !mayFollow(last, day.span) { break }
            do throws(LogError) {
                watchdog.watch(day.reader.queue)
                hits = merge(hits, try fetch(day))
            } catch {
                try skip(day.reader.file, error)
            }
        }
        if hits.count > limit {
            hits.removeLast(hits.count - limit)
            page.next = hits.last?.cursor
        }
        page.hits = hits

        if query.bucketMillis > 0 {
            var counts: [Millis: [Severity: Int]] = [:]
            for day in days {
                do throws(LogError) {
                    watchdog.watch(day.reader.queue)
                    try count(day, into: &counts)
                } catch {
                    try skip(day.reader.file, error)
                }
            }
            page.histogram = counts.sorted { $0.key < $1.key }.map {
                LogBucket(start: $0.key, counts: $0.value)
            }
        }
        if watchdog.isOver && page.isPartial {
            page.remarks.append(
                "the search took longer than \(durationText(query.budgetMillis)); "
                    + "some lines may be missing, take a shorter range")
        }
        return (page, damaged)
    }

    private struct Day {
        let reader: LogReader
        let span: TimeRange
        let streams: [Int64: Labels]
        let filtersStreams: Bool
    }

    private func matching(_ streams: [Int64: Labels]) throws(LogError) -> [Int64: Labels] {
        do {
            return try streams.filter { entry in
                try query.matchers.allSatisfy { try $0.matches(entry.value) }
            }
        } catch {
            throw .badQuery("\(error)")
        }
    }

    /// True when a day may have a line that comes before the last one found.
    private func mayFollow(_ last: LogHit, _ span: TimeRange) -> Bool {
        query.newestFirst ? span.through >= last.record.time : span.from <= last.record.time
    }

    private func merge(_ left: [LogHit], _ right: [LogHit]) -> [LogHit] {
        let all = (left + right).sorted { a, b in
            let (x, y) = query.newestFirst ? (b.cursor, a.cursor) : (a.cursor, b.cursor)
            return (x.time, x.day, x.id) < (y.time, y.day, y.id)
        }
        return Array(all.prefix(limit + 1))
    }

    private func fetch(_ day: Day) throws(LogError) -> [LogHit] {
        var (condition, arguments) = condition(day)
        if let cursor = query.cursor {
            let sign = query.newestFirst ? "<" : ">"
            // Of two lines of one time, the one of the later day is the newer.
            let sameTime =
                day.reader.file.day == cursor.day
                ? "OR (time = \(cursor.time) AND id \(sign) \(cursor.id))"
                : (day.reader.file.day < cursor.day) == query.newestFirst
                    ? "OR time = \(cursor.time)" : ""
            condition += " AND (time \(sign) \(cursor.time) \(sameTime))"
        }
        let order = query.newestFirst ? "DESC" : "ASC"
        arguments += [limit + 1]
        let sql = """
            SELECT id, time, severity, stream, body, attributes FROM records
            WHERE \(condition) ORDER BY time \(order), id \(order) LIMIT ?
            """
        return try day.reader.read { db in
            try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
                let record = LogRecord(
                    time: row[1], severity: Severity(rawValue: row[2]) ?? .unknown,
                    labels: day.streams[row[3]] ?? .empty, body: row[4],
                    attributes: attributes(fromText: row[5]))
                let cursor = LogCursor(
                    time: record.time, day: day.reader.file.day, id: row[0])
                return LogHit(record: record, cursor: cursor)
            }
        }
    }

    private func count(
        _ day: Day, into counts: inout [Millis: [Severity: Int]]
    ) throws(LogError) {
        let width = query.bucketMillis
        let base = range.from.flooredDivision(by: width) * width
        let (condition, arguments) = condition(day)
        let rows = try day.reader.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT (time - \(base)) / \(width), severity, count(*) FROM records
                    WHERE \(condition) GROUP BY 1, 2
                    """, arguments: arguments)
        }
        for row in rows {
            let start = base + (row[0] as Int64) * width
            let severity = Severity(rawValue: row[1]) ?? .unknown
            counts[start, default: [:]][severity, default: 0] += row[2] as Int
        }
    }

    /// The condition on a day's lines; everything but the cursor.
    private func condition(_ day: Day) -> (String, StatementArguments) {
        var parts = ["time BETWEEN \(range.from) AND \(range.through)"]
        var arguments = StatementArguments()
        if let levels = query.levels {
            let list = levels.map { String($0.rawValue) }.joined(separator: ", ")
            parts.append("severity IN (\(list))")
        }
        if day.filtersStreams {
            let list = day.streams.keys.map(String.init).joined(separator: ", ")
            parts.append("stream IN (\(list))")
        }
        if !words.wanted.isEmpty {
            parts.append("id IN (SELECT rowid FROM words WHERE words MATCH ?)")
            arguments += [words.wanted.joined(separator: " AND ")]
        }
        if !words.unwanted.isEmpty {
            parts.append("id NOT IN (SELECT rowid FROM words WHERE words MATCH ?)")
            arguments += [words.unwanted.joined(separator: " OR ")]
        }
        return (parts.joined(separator: " AND "), arguments)
    }
}
