// The query API in memory: its table of routes over a source of a few series, asked without a socket.

import Basics
import Bytes
import Carry
import Query
import Serve

/// The moment at which everything here is asked.
let now: Millis = 1_800_000_000_000

/// Two counters and a name beyond the old alphabet, every 15 s for 10 minutes.
func fewSeries() -> MemorySource {
    let source = MemorySource()
    let sets: [Labels] = [
        ["__name__": "requests_total", "job": "api", "code": "200"],
        ["__name__": "requests_total", "job": "api", "code": "500"],
        ["__name__": "load", "job": "node"],
        ["__name__": "disk.used", "mount.point": "/"],
    ]
    for (place, labels) in sets.enumerated() {
        let steps = 0...40
        source.append(
            Series(
                labels: labels, times: steps.map { now - Millis(40 - $0) * 15_000 },
                values: steps.map { Double($0 * (place + 1)) }))
    }
    return source
}

/// Answers requests from a table of routes.
struct Asker {
    let router: Router

    init(limits: QueryLimits = QueryLimits(), parser: ParserOptions = ParserOptions()) {
        let clock = ManualClock(now: now).clock
        var options = EngineOptions()
        options.parser = parser
        // The evaluator's own time runs, so that timeouts can be seen.
        let source = fewSeries().source
        let api = QueryAPI(
            engine: .local(source: source, options: options), clock: clock, parser: parser,
            limits: { limits })
        router = Router(
            api.routes + SeriesAPI(source: source, clock: clock).routes
                + CompletionAPI(source: source, clock: clock, parser: parser).routes)
    }

    /// Asks with a query string that is not percent-encoded.
    func ask(
        _ path: String, _ fields: [(name: String, value: String)] = [],
        isForm: Bool = false, waited: Duration = .zero
    ) -> HTTPResponse {
        var request = HTTPRequest(method: isForm ? "POST" : "GET", path: path)
        if isForm {
            request.headers = [("content-type", "application/x-www-form-urlencoded")]
            let form = fields.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
            request.body = Array(form.replacing("+", with: "%2B").utf8)
        } else {
            request.query = fields
        }
        request.waited = waited
        guard case .found(let route, let parameters) = router.match(request.method, path) else {
            return .text("no route", status: 404)
        }
        request.parameters = parameters
        return route.handler(request)
    }

    func text(
        _ path: String, _ fields: [(name: String, value: String)] = [], isForm: Bool = false
    ) -> String {
        String(decoding: ask(path, fields, isForm: isForm).body, as: UTF8.self)
    }
}
