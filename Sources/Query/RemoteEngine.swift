// An engine that asks another server: Prometheus' query API over the `Fetch` seam. The command line
// uses it, and any room that is handed an `Engine` works against a remote one without knowing.

public import Basics
internal import Bytes
internal import Dispatch

extension Engine {
    /// An engine over a server that speaks Prometheus' query API.
    ///
    /// Calls block the calling thread until the answer is there.
    public static func remote(
        url: String, headers: [(name: String, value: String)] = [], fetch: Fetch
    ) -> Engine {
        let base = url.hasSuffix("/") ? String(url.dropLast()) : url
        @Sendable func fetched(
            _ path: String, _ fields: [(String, String)], _ limits: QueryLimits
        ) throws(QueryError) -> FetchResponse {
            let form = fields.map { "\($0.0)=\(percentEncoded($0.1))" }.joined(separator: "&")
            var request = FetchRequest(
                "POST", base + path,
                headers: [("Content-Type", "application/x-www-form-urlencoded")] + headers,
                body: Array(form.utf8), timeout: limits.timeout)
            request.bodyBytesMax = 1 << 30
            return try wait(for: request, fetch)
        }
        @Sendable func ask(
            _ path: String, _ fields: [(String, String)], _ limits: QueryLimits
        ) throws(QueryError) -> QueryAnswer {
            try decodeAnswer(try fetched(path, fields, limits))
        }
        return Engine(
            instant: { (query, time, limits) throws(QueryError) in
                try ask(
                    "/api/v1/query", [("query", query), ("time", secondsText(time))], limits)
            },
            range: { (query, range, step, limits) throws(QueryError) in
                try ask(
                    "/api/v1/query_range",
                    [
                        ("query", query), ("start", secondsText(range.from)),
                        ("end", secondsText(range.through)), ("step", secondsText(step)),
                    ], limits)
            },
            explain: { (query, range, step, limits) throws(QueryError) in
                var fields = [("query", query), ("time", secondsText(range.from))]
                if step > 0 {
                    fields = [
                        ("query", query), ("start", secondsText(range.from)),
                        ("end", secondsText(range.through)), ("step", secondsText(step)),
                    ]
                }
                let response = try fetched("/api/martlet/v1/explain", fields, limits)
                return try decodeExplanation(response)
            })
    }
}

private func secondsText(_ millis: Millis) -> String { numberText(Double(millis) / 1000, .plain) }

/// Percent-encodes all but letters, digits and `-._~`.
private func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for byte in text.utf8 {
        let isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a
        let isDigit = byte >= 0x30 && byte <= 0x39
        if isLetter || isDigit || "-._~".utf8.contains(byte) {
            encoded.append(byte)
        } else {
            encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}

/// Runs an asynchronous fetch to its end on this thread.
private func wait(for request: FetchRequest, _ fetch: Fetch) throws(QueryError) -> FetchResponse {
    let done = DispatchSemaphore(value: 0)
    let slot = Lock<Result<FetchResponse, FetchError>?>(nil)
    Task {
        let result: Result<FetchResponse, FetchError>
        do throws(FetchError) {
            result = .success(try await fetch.send(request))
        } catch {
            result = .failure(error)
        }
        slot.withLock { $0 = result }
        done.signal()
    }
    done.wait()
    switch slot.withLock({ $0 }) {
    case .success(let response): return response
    case .failure(let error): throw .source("\(redactedURL(request.url)): \(error)")
    case nil: throw .cancelled
    }
}

/// The `data` of a successful answer; what the server complained of is thrown.
private func decodeData(
    _ response: FetchResponse
) throws(QueryError) -> (document: JSON, data: JSON) {
    guard let document = try? JSON(response.body) else {
        throw .source("the server answered \(response.status) without JSON; is it Prometheus' API?")
    }
    guard document["status"]?.text == "success", let data = document["data"] else {
        let reason = document["error"]?.text ?? "status \(response.status)"
        if document["errorType"]?.text == "bad_data" {
            let from = document["position"]?["from"]?.int ?? 0
            throw .parse(
                reason: reason, from: from, through: document["position"]?["through"]?.int ?? from)
        }
        throw document["errorType"]?.text == "timeout" ? .timeout(reason) : .execution(reason)
    }
    return (document, data)
}

private func decodeExplanation(_ response: FetchResponse) throws(QueryError) -> Explanation {
    if response.status == 404 {
        throw .source("this server does not explain queries; Martlet does")
    }
    func node(_ json: JSON) -> Explanation {
        Explanation(
            text: json["node"]?.text ?? "", seriesCount: json["series"]?.int ?? 0,
            cellCount: json["cells"]?.int ?? 0,
            nanoseconds: Int64((json["millis"]?.double ?? 0) * 1e6),
            children: (json["children"]?.items ?? []).map(node))
    }
    return node(try decodeData(response).data)
}

private func decodeAnswer(_ response: FetchResponse) throws(QueryError) -> QueryAnswer {
    let (document, data) = try decodeData(response)
    func texts(_ name: String) -> [String] { document[name]?.items?.compactMap(\.text) ?? [] }
    guard let value = decodeValue(data) else { throw .source("the answer has an unknown shape") }
    return QueryAnswer(value: value, warnings: texts("warnings"), infos: texts("infos"))
}

private func decodeValue(_ data: JSON) -> QueryValue? {
    guard let result = data["result"] else { return nil }
    switch data["resultType"]?.text {
    case "scalar": return decodePoint(result).map { .scalar($0.value) }
    case "string": return result.items?.last?.text.map { .string($0) }
    case "vector":
        return .vector(
            (result.items ?? []).compactMap { item in
                guard let value = item["value"], let point = decodePoint(value) else { return nil }
                return VectorSample(labels: labels(item), time: point.time, value: point.value)
            })
    case "matrix":
        return .matrix(
            (result.items ?? []).map { item in
                let points = (item["values"]?.items ?? []).compactMap(decodePoint)
                return Series(
                    labels: labels(item), times: points.map(\.time), values: points.map(\.value))
            })
    default: return nil
    }
}

private func labels(_ item: JSON) -> Labels {
    Labels((item["metric"]?.fields ?? []).compactMap { key, value in value.text.map { (key, $0) } })
}

private func decodePoint(_ point: JSON) -> (time: Millis, value: Double)? {
    guard let items = point.items, items.count == 2, let seconds = items[0].double,
        let text = items[1].text, let value = parseNumber(text)
    else { return nil }
    return (Millis((seconds * 1000).rounded()), value)
}

private func parseNumber(_ text: String) -> Double? {
    switch text {
    case "NaN": .nan
    case "+Inf": .infinity
    case "-Inf": -.infinity
    default: Double(text)
    }
}
