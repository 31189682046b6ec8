// `/api/martlet/v1/complete`: what may stand at the cursor of an unfinished query. The language says
// what kind of word is wanted, the store which names and values there are.

public import Basics
internal import Bytes
public import Carry
public import Query

/// Suggestions for a query field.
public struct CompletionAPI: Sendable {
    /// Suggestions when the client names no limit: a screen or two.
    private static let itemsMax = 100

    private let source: SeriesSource
    private let clock: Clock
    private let parser: ParserOptions

    public init(source: SeriesSource, clock: Clock, parser: ParserOptions = ParserOptions()) {
        self.source = source
        self.clock = clock
        self.parser = parser
    }

    public var routes: [Route] {
        [
            Route(["GET", "POST"], "/api/martlet/v1/complete", .slow) { request in
                answering { try complete(request) }
            }
        ]
    }

    private struct Item {
        var text: String
        var kind: String
        var detail = ""
        var help = ""
    }

    private func complete(_ request: HTTPRequest) throws -> HTTPResponse {
        let query = request.parameter("query") ?? ""
        var cursor = query.utf8.count
        if let text = request.parameter("cursor"), !text.isEmpty {
            guard let number = Int(text), (0...cursor).contains(number) else {
                throw BadParameter(
                    "cursor", "must be a byte offset in the query, 0 to \(cursor), got \(text)")
            }
            cursor = number
        }
        var limit = try request.limit()
        if limit == .max { limit = CompletionAPI.itemsMax }
        let found = completion(in: query, at: cursor)
        let items = best(try items(found), found.typed).prefix(limit)
        return success { writer in
            writer.beginObject()
            writer.key("from")
            writer.number(found.span.from)
            writer.key("through")
            writer.number(found.span.end)
            writer.key("items")
            writer.beginArray()
            for item in items {
                writer.beginObject()
                writer.field("text", item.text)
                writer.field("kind", item.kind)
                writer.field("detail", item.detail)
                writer.field("help", item.help)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
    }

    private func items(_ found: Completion) throws -> [Item] {
        switch found.wanted {
        case .expression: return try metrics() + words
        case .label:
            var names: Set<String> = []
            for labels in try series(found.matchers) {
                for label in labels where label.name != Labels.metricName {
                    names.insert(label.name)
                }
            }
            return names.map { Item(text: $0, kind: "label") }
        case .value(let label):
            // What the label itself is compared with must not narrow its values.
            let matchers = found.matchers.filter { $0.name != label }
            var values: Set<String> = []
            for labels in try series(matchers) {
                if let value = labels[label] { values.insert(value) }
            }
            return values.map { Item(text: $0, kind: "value") }
        case .duration:
            return ["1m", "5m", "15m", "1h", "6h", "1d"].map { Item(text: $0, kind: "duration") }
        case .nothing: return []
        }
    }

    private func series(_ matchers: [Matcher]) throws -> [Labels] {
        try source.series(
            [matchers], TimeRange(from: Millis.min / 4, through: clock.now() + 3_600_000))
    }

    private func metrics() throws -> [Item] {
        let metadata = source.metadata()
        var names: Set<String> = []
        for labels in try series([]) { names.insert(labels.metric) }
        return names.map { name in
            var item = Item(text: name, kind: "metric")
            let suffix = ["_bucket", "_count", "_sum", "_total"].first { name.hasSuffix($0) }
            let family = String(name.dropLast(suffix?.count ?? 0))
            if let known = metadata[name] ?? metadata[family] {
                item.detail = known.kind.rawValue
                item.help = known.help
            }
            return item
        }
    }

    private var words: [Item] {
        let functions = Function.allCases.filter {
            !$0.isExperimental || parser.experimentalFunctions
        }
        let aggregations = AggregationOperator.allCases.filter {
            !$0.needsFeature || parser.experimentalFunctions
        }
        let keywords = [
            "and", "bool", "by", "group_left", "group_right", "ignoring", "offset", "on", "or",
            "unless", "without",
        ]
        return functions.map {
            Item(text: $0.rawValue, kind: "function", detail: $0.signatureText, help: $0.help)
        }
            + aggregations.map {
                Item(
                    text: $0.rawValue, kind: "aggregation", detail: $0.signatureText,
                    help: $0.help)
            } + keywords.map { Item(text: $0, kind: "keyword") }
    }

    /// What begins as typed, then what holds it after a `_` or `:`, then what holds it anywhere.
    private func best(_ items: [Item], _ typed: String) -> [Item] {
        let wanted = typed.lowercased()
        func rank(_ text: String) -> Int? {
            let lower = text.lowercased()
            if wanted.isEmpty || lower.hasPrefix(wanted) { return 0 }
            if lower.contains("_" + wanted) || lower.contains(":" + wanted) { return 1 }
            return lower.contains(wanted) ? 2 : nil
        }
        return items.compactMap { item in rank(item.text).map { (rank: $0, item: item) } }
            .sorted { ($0.rank, $0.item.text) < ($1.rank, $1.item.text) }.map(\.item)
    }
}
