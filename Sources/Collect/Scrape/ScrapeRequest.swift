// One scrape over the network: the request with the headers that Prometheus sends, and what counts as
// an answer. Parsing it is the session's.

internal import Basics
internal import Bytes

/// What came back from a target.
enum ScrapeAnswer: Sendable {
    case exposition([UInt8], ExpositionFormat)
    /// Why there is no exposition, and the limit that was in its way, by its key.
    case failure(String, limit: String? = nil)
}

extension ScrapeConfig {
    /// The bytes that an exposition may have, decompressed.
    var bodyBytesMax: Int { limits.bodyBytes > 0 ? limits.bodyBytes : Limits.scrapeBytesMax }

    /// Asks a target for its metrics.
    func fetch(_ target: ScrapeTarget, _ fetch: Fetch, _ files: Files) async -> ScrapeAnswer {
        let request: FetchRequest
        do throws(FileError) {
            request = try self.request(target, files)
        } catch {
            return .failure("\(error)")
        }
        do throws(FetchError) {
            return answer(try await fetch.send(request))
        } catch {
            if case .tooLarge = error { return .failure("\(error)", limit: "body_size_limit") }
            return .failure("\(error)")
        }
    }

    /// The request of a scrape.
    ///
    /// - Throws: ``FileError`` when a file with a secret cannot be read.
    func request(_ target: ScrapeTarget, _ files: Files) throws(FileError) -> FetchRequest {
        var request = FetchRequest(
            "GET", target.url, timeout: .milliseconds(target.timeoutMillis),
            bodyBytesMax: bodyBytesMax)
        request.headers = [
            ("Accept", acceptHeader(protocols)),
            ("User-Agent", "Martlet"),
            (
                "X-Prometheus-Scrape-Timeout-Seconds",
                numberText(Double(target.timeoutMillis) / 1000)
            ),
        ]
        if client.asksForGzip ?? !isLoopback(target.url) {
            request.headers.append(("Accept-Encoding", "gzip"))
        }
        request.headers += try client.requestHeaders(files)
        request.followsRedirects = client.followsRedirects
        request.proxy = client.proxy
        request.tls = client.tls
        return request
    }

    /// Judges an answer: its status, its size, its type.
    func answer(_ response: FetchResponse) -> ScrapeAnswer {
        guard response.status == 200 else {
            return .failure("server returned HTTP status \(response.status)")
        }
        var body = response.body
        // Whether the client has unpacked it already shows in the first bytes, not in the headers.
        if body.starts(with: [0x1f, 0x8b]) {
            do throws(GzipError) {
                body = try gunzip(body, bytesMax: bodyBytesMax)
            } catch {
                return .failure("\(error)", limit: error == .corrupt ? nil : "body_size_limit")
            }
        }
        if body.count > bodyBytesMax {
            return .failure(
                "body size limit exceeded (\(body.count) bytes, limit \(bodyBytesMax))",
                limit: "body_size_limit")
        }
        let type = response[header: "content-type"]
        guard let format = format(contentType: type) ?? fallbackProtocol?.format else {
            let said =
                type.map { "the unsupported Content-Type \(quoted($0))" } ?? "no Content-Type"
            return .failure(
                "the target sent \(said); set fallback_scrape_protocol to read it anyway")
        }
        return .exposition(body, format)
    }
}
