// One request as libcurl sees it: its options, the buffers that its callbacks fill, and what its end
// means in our words.

internal import Basics
internal import CCurl

/// A request under way.
final class Transfer: @unchecked Sendable {  // One thread has it; `cancellation` is locked.
    let request: FetchRequest
    var continuation: CheckedContinuation<Result<FetchResponse, FetchError>, Never>?
    private var body: [UInt8] = []
    private var headers: [(name: String, value: String)] = []
    private var isTooLarge = false
    private let cancellation = Lock(false)
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var recipientList: UnsafeMutablePointer<curl_slist>?
    private var sentBody: UnsafeMutablePointer<UInt8>?
    /// How much of an upload was handed over.
    private var sentCount = 0

    init(_ request: FetchRequest) { self.request = request }

    /// Asks for the end; any thread may.
    func cancel() { cancellation.withLock { $0 = true } }

    var isCancelled: Bool { cancellation.withLock { $0 } }

    /// Sets every option of the request.
    func configure(_ easy: UnsafeMutableRawPointer) {
        if let envelope = request.envelope {
            configureMail(easy, envelope)
            return
        }
        set(easy, CURLOPT_URL, request.url)
        set(easy, CURLOPT_CUSTOMREQUEST, request.method)
        set(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        set(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        set(easy, CURLOPT_PROXY, request.proxy ?? "")
        set(easy, CURLOPT_NOSIGNAL, 1)
        set(easy, CURLOPT_TIMEOUT_MS, Int(request.timeout.millis))
        set(easy, CURLOPT_CONNECTTIMEOUT_MS, Int(min(request.timeout.millis, 10_000)))
        set(easy, CURLOPT_FOLLOWLOCATION, request.followsRedirects ? 1 : 0)
        set(easy, CURLOPT_MAXREDIRS, 10)
        if request.method == "HEAD" { set(easy, CURLOPT_NOBODY, 1) }
        configureTLS(easy)
        for (name, value) in request.headers {
            headerList = curl_slist_append(
                headerList, value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        // Without this curl waits a second for "100 Continue" before a larger body.
        headerList = curl_slist_append(headerList, "Expect:")
        martlet_curl_set_pointer(easy, CURLOPT_HTTPHEADER, headerList)
        if let bytes = request.body {
            let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, bytes.count))
            copy.initialize(from: bytes, count: bytes.count)
            sentBody = copy
            martlet_curl_set_large(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
            martlet_curl_set_pointer(easy, CURLOPT_POSTFIELDS, copy)
        }
        let context = Unmanaged.passUnretained(self).toOpaque()
        martlet_curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
        martlet_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
        martlet_curl_set_callback(easy, CURLOPT_WRITEFUNCTION, takeBody)
        martlet_curl_set_callback(easy, CURLOPT_HEADERFUNCTION, takeHeader)
    }

    /// A mail is an upload to a server that speaks SMTP; curl says the words and stuffs the dots.
    private func configureMail(_ easy: UnsafeMutableRawPointer, _ envelope: MailEnvelope) {
        set(easy, CURLOPT_URL, "\(request.url)/\(envelope.hello)")
        set(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        set(easy, CURLOPT_PROXY, "")
        set(easy, CURLOPT_NOSIGNAL, 1)
        set(easy, CURLOPT_TIMEOUT_MS, Int(request.timeout.millis))
        set(easy, CURLOPT_CONNECTTIMEOUT_MS, Int(min(request.timeout.millis, 10_000)))
        martlet_curl_set_long(
            easy, CURLOPT_USE_SSL,
            Int((envelope.requiresTLS ? CURLUSESSL_ALL : CURLUSESSL_TRY).rawValue))
        // curl would take a connection from before, also one without TLS, for a mail that needs it.
        set(easy, CURLOPT_FRESH_CONNECT, 1)
        set(easy, CURLOPT_FORBID_REUSE, 1)
        configureTLS(easy)
        set(easy, CURLOPT_MAIL_FROM, "<\(envelope.from)>")
        for recipient in envelope.to {
            recipientList = curl_slist_append(recipientList, "<\(recipient)>")
        }
        martlet_curl_set_pointer(easy, CURLOPT_MAIL_RCPT, recipientList)
        if !envelope.user.isEmpty {
            set(easy, CURLOPT_USERNAME, envelope.user)
            set(easy, CURLOPT_PASSWORD, envelope.password)
        }
        set(easy, CURLOPT_UPLOAD, 1)
        let context = Unmanaged.passUnretained(self).toOpaque()
        martlet_curl_set_pointer(easy, CURLOPT_READDATA, context)
        martlet_curl_set_source(easy, giveBody)
        martlet_curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
        martlet_curl_set_callback(easy, CURLOPT_WRITEFUNCTION, takeBody)
    }

    private func configureTLS(_ easy: UnsafeMutableRawPointer) {
        if let file = request.tls.authorityFile { set(easy, CURLOPT_CAINFO, file) }
        if let file = request.tls.certificateFile { set(easy, CURLOPT_SSLCERT, file) }
        if let file = request.tls.keyFile { set(easy, CURLOPT_SSLKEY, file) }
        if request.tls.skipsVerification {
            set(easy, CURLOPT_SSL_VERIFYPEER, 0)
            set(easy, CURLOPT_SSL_VERIFYHOST, 0)
        }
    }

    /// True when a reset handle is as good as a new one: no mail, whose session is its own, and no TLS on the
    /// way, also not after a redirection, whose sessions a handle may remember.
    func leavesNoTrace(_ easy: UnsafeMutableRawPointer) -> Bool {
        var redirections = 0
        martlet_curl_get_long(easy, CURLINFO_REDIRECT_COUNT, &redirections)
        return request.envelope == nil && redirections == 0 && request.url.hasPrefix("http://")
            && request.proxy?.hasPrefix("https") != true
    }

    /// Frees what libcurl borrowed.
    func release() {
        curl_slist_free_all(headerList)
        curl_slist_free_all(recipientList)
        recipientList = nil
        sentBody?.deallocate()
        headerList = nil
        sentBody = nil
    }

    /// What the end of the transfer means.
    func result(_ easy: UnsafeMutableRawPointer, _ code: CURLcode) -> Result<
        FetchResponse, FetchError
    > {
        if isTooLarge { return .failure(.tooLarge(bytesMax: request.bodyBytesMax)) }
        let reason = String(cString: curl_easy_strerror(code))
        if request.envelope != nil, code != CURLE_OK {
            // A refusal is an answer: its code says whether to try again.
            var status = 0
            martlet_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
            if status >= 400 { return .success(FetchResponse(status: status)) }
        }
        switch code {
        case CURLE_OK:
            var status = 0
            martlet_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
            return .success(FetchResponse(status: status, headers: headers, body: body))
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
            return .failure(.badURL(redactedURL(request.url)))
        case CURLE_OPERATION_TIMEDOUT:
            return .failure(
                .timedOut("no complete answer within \(durationText(request.timeout.millis))"))
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            return .failure(.cannotConnect(reason))
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CACERT_BADFILE, CURLE_USE_SSL_FAILED:
            return .failure(.tls(reason))
        default: return .failure(.other(reason))
        }
    }

    fileprivate func take(body piece: UnsafeRawBufferPointer) -> Int {
        if body.count + piece.count > request.bodyBytesMax {
            isTooLarge = true
            return 0
        }
        body.append(contentsOf: piece)
        return piece.count
    }

    /// Copies the next piece of the body to where curl wants it.
    fileprivate func give(_ target: UnsafeMutableRawBufferPointer) -> Int {
        let body = request.body ?? []
        let count = min(target.count, body.count - sentCount)
        if count > 0 {
            body[sentCount..<(sentCount + count)].withUnsafeBytes { target.copyMemory(from: $0) }
            sentCount += count
        }
        return count
    }

    fileprivate func take(header line: UnsafeRawBufferPointer) {
        // A new status line begins a new answer (after a redirect): forget the old one's headers.
        if line.starts(with: "HTTP/".utf8) {
            headers = []
            body = []
            return
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
        let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
        headers.append((name, String(decoding: trimmed(line[(colon + 1)...]), as: UTF8.self)))
    }

    /// Without the spaces, tabs and the end of the line around a header's value.
    private func trimmed(_ line: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        var rest = line.drop { $0 <= UInt8(ascii: " ") }
        while let last = rest.last, last <= UInt8(ascii: " ") { rest.removeLast() }
        return rest
    }
}

private func set(_ easy: UnsafeMutableRawPointer, _ option: CURLoption, _ value: Int) {
    martlet_curl_set_long(easy, option, value)
}

private func set(_ easy: UnsafeMutableRawPointer, _ option: CURLoption, _ value: String) {
    martlet_curl_set_text(easy, option, value)
}

private let takeBody: martlet_curl_data_callback = { bytes, size, count, context in
    guard let context else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return transfer.take(body: UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private let takeHeader: martlet_curl_data_callback = { bytes, size, count, context in
    guard let context else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    transfer.take(header: UnsafeRawBufferPointer(start: bytes, count: size * count))
    return size * count
}

private let giveBody: martlet_curl_data_callback = { bytes, size, count, context in
    guard let context else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return transfer.give(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
}
