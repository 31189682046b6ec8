// The section `rehearsals:`, a list: where a rehearsal listens, its primary, its candidates, what is
// copied, what it may cost, and how sure the verdict must be. Credentials are read from their files when
// the agent takes the configuration, not here.

import Basics
import Bytes
import Carry
import Rehearse

/// A rehearsal as it is configured.
struct RehearsalConfig: Sendable {
    var settings: MirrorSettings
    /// Files with a bearer token, by candidate.
    var authorizationFiles: [String: String] = [:]
    /// Files with the certificate and its key, when clients are to speak TLS.
    var tlsFiles: (certificate: String, key: String)?
    /// The section's words, without their places: what has not changed is not started anew.
    let words: String

    /// Reads the list of the root.
    static func read(_ root: Section) -> [RehearsalConfig] {
        let all = (root.sections("rehearsals") ?? []).compactMap { RehearsalConfig($0) }
        var seen: Set<String> = []
        for one in all where !seen.insert(one.settings.name).inserted {
            root.error("rehearsals", "\(one.settings.name) stands twice; give each its own name")
        }
        return all
    }

    /// Nil when something without which it cannot be is missing; that has been reported.
    private init?(_ section: Section) {
        let name = section.string("name") ?? ""
        if !RehearsalConfig.isName(name) {
            section.error("name", "must be letters, digits, - and _, for example chat")
        }
        guard let relay = RehearsalConfig.relay(section, name) else {
            section.finish(foreign: RehearsalConfig.keys)
            return nil
        }
        settings = MirrorSettings(name: name, relay: relay, candidates: [])
        words = plainText(section.node)
        for candidate in section.sections("candidates") ?? [] { read(candidate: candidate) }
        if settings.candidates.isEmpty || settings.candidates.count > 7 {
            section.error("candidates", "must be 1 to 7 candidates, each with name and url")
        }
        let names = settings.candidates.map(\.name)
        if Set(names).count != names.count {
            section.error("candidates", "two candidates have the same name")
        }
        if let text = section.string("second") {
            settings.second = Server(text)
            if settings.second == nil { section.error("second", RehearsalConfig.urlHint) }
        }
        readTLS(section)
        readFilter(section)
        readBounds(section)
        readJudgement(section)
        section.finish()
    }

    private static let urlHint = "must be http(s)://host:port, without credentials or a query"

    /// Keys that are not complained about once the section cannot be used anyway.
    private static let keys: Set<String> = [
        "candidates", "second", "sample", "sample_header", "methods", "path", "not_path",
        "match_headers", "allow_side_effects", "max_requests", "max_tokens", "max_cost",
        "max_copies_per_second",
        "concurrency", "queue", "deadline", "max_request_bytes", "max_answer_bytes",
        "max_memory_bytes", "id_header", "slices", "margin", "level", "min_pairs", "min_duration",
        "ignore", "absolute_tolerance", "relative_tolerance", "keep_texts", "keep_share",
        "keep_pairs", "gate", "service", "tls_server_config",
    ]

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.utf8.allSatisfy {
                ($0 >= 48 && $0 <= 57) || ($0 | 32 >= 97 && $0 | 32 <= 122) || $0 == 45 || $0 == 95
                    || $0 == 46
            }
    }

    private static func relay(_ section: Section, _ name: String) -> RelayOptions? {
        let listen = section.string("listen").flatMap(ListenAddress.init)
        if listen == nil {
            section.error("listen", "must be HOST:PORT, for example 127.0.0.1:9800")
        }
        let primary = section.string("primary").flatMap { Server($0) }
        if primary == nil { section.error("primary", urlHint) }
        let sentence = section.string("listen_without_authentication")
        if let listen, !listen.isLoopback, sentence != WebConfig.openSentence {
            section.error(
                "listen",
                "beyond this machine a rehearsal has no authentication of its own; say so with "
                    + "listen_without_authentication: \(WebConfig.openSentence)")
        }
        let keepsHost = section.bool("keep_host") ?? false
        let silence = section.duration("primary_timeout")
        guard let listen, let primary else { return nil }
        var options = RelayOptions(server: primary)
        options.name = "relay-\(name)"
        options.address = listen.host
        options.port = listen.port
        options.keepsHost = keepsHost
        options.silenceMillisMax = silence ?? options.silenceMillisMax
        return options
    }

    private mutating func read(candidate section: Section) {
        let name = section.string("name") ?? ""
        if !RehearsalConfig.isName(name) {
            section.error("name", "must be letters, digits, - and _, for example v2")
        }
        let server = section.string("url").flatMap { Server($0) }
        if server == nil { section.error("url", RehearsalConfig.urlHint) }
        var candidate = CandidateSettings(
            name: name, server: server ?? settings.relay.server)
        candidate.model = section.string("model")
        candidate.headers = (section.texts("headers") ?? []).map { ($0.key, $0.value) }
        for (from, to) in section.texts("paths") ?? [] {
            if !from.hasPrefix("/") || !to.hasPrefix("/") {
                section.error("paths", "both sides begin with /, as in /v1/models/a: /v1/models/b")
            }
            candidate.paths.append((from, to))
        }
        for (key, text) in section.texts("body") ?? [] {
            if let path = JSONPath(key) {
                candidate.body.append((path, (try? JSON(text: text)) ?? .string(text)))
            } else {
                section.error("body", "\(quoted(key)) is no path such as temperature or a.b[0]")
            }
        }
        candidate.prices = Prices(
            perMillionIn: section.double("price_per_million_input"),
            perMillionOut: section.double("price_per_million_output"))
        if let file = section.string("authorization_file") { authorizationFiles[name] = file }
        section.finish()
        settings.candidates.append(candidate)
    }

    /// The same keys as the section `web` has.
    private mutating func readTLS(_ section: Section) {
        guard let tls = section.section("tls_server_config") else { return }
        let (certificate, key) = (tls.string("cert_file"), tls.string("key_file"))
        if let certificate, let key {
            tlsFiles = (certificate, key)
        } else {
            tls.error("cert_file", "cert_file and key_file go together")
        }
        tls.finish()
    }

    private mutating func readFilter(_ section: Section) {
        let share = section.double("sample") ?? 1
        if !(0...1).contains(share) { section.error("sample", "must be 0 to 1") }
        settings.sampling = Sampling(
            share: share, header: section.string("sample_header")?.lowercased())
        settings.filter.methods = Set((section.strings("methods") ?? []).map { $0.uppercased() })
        settings.filter.path = pattern(section, "path", section.string("path"))
        settings.filter.notPath = pattern(section, "not_path", section.string("not_path"))
        for (name, text) in section.texts("match_headers") ?? [] {
            guard let pattern = pattern(section, "match_headers", text) else { continue }
            settings.filter.headers.append((name.lowercased(), pattern))
        }
        settings.filter.allowsSideEffects = section.bool("allow_side_effects") ?? false
        settings.idHeader = section.string("id_header")?.lowercased() ?? settings.idHeader
        for field in section.sections("slices") ?? [] {
            let (header, body) = (field.string("header"), field.string("body"))
            let name = field.string("name") ?? header?.lowercased() ?? body ?? ""
            if (header == nil) == (body == nil) {
                field.error("header", "a slice has a header, or a body path such as metadata.tier")
            }
            field.finish()
            let path = body.flatMap { JSONPath($0) }
            if body != nil && path == nil { field.error("body", "must be a path such as a.b[0]") }
            if let header {
                settings.comparison.slices.append(
                    SliceRule(name: name, source: .header(header.lowercased())))
            } else if let path {
                settings.comparison.slices.append(SliceRule(name: name, source: .body(path)))
            }
        }
    }

    private mutating func readBounds(_ section: Section) {
        settings.budget = Budget(
            requests: section.int("max_requests"), tokens: section.int("max_tokens"),
            money: section.double("max_cost"))
        if let rate = section.double("max_copies_per_second") {
            if rate < 0 { section.error("max_copies_per_second", "must be 0 (no limit) or more") }
            settings.copiesPerSecondMax = rate > 0 ? rate : nil
        }
        settings.courier.concurrency = positive(
            section, "concurrency", settings.courier.concurrency)
        settings.courier.queue = positive(section, "queue", settings.courier.queue)
        settings.courier.deadlineMillis =
            section.duration("deadline") ?? settings.courier.deadlineMillis
        settings.requestBytesMax = section.bytes("max_request_bytes") ?? settings.requestBytesMax
        settings.answerBytesMax = section.bytes("max_answer_bytes") ?? settings.answerBytesMax
        settings.memoryBytesMax = section.bytes("max_memory_bytes") ?? settings.memoryBytesMax
        // A body that is to be copied has to be whole before it is passed on.
        settings.relay.readAheadBytes = max(64 << 10, settings.requestBytesMax)
        settings.keepsNoTexts = !(section.bool("keep_texts") ?? true)
        settings.keepShare = section.double("keep_share") ?? settings.keepShare
        settings.pairsKept = positive(section, "keep_pairs", settings.pairsKept)
    }

    private mutating func readJudgement(_ section: Section) {
        settings.policy.read(section, least: "min_pairs")
        for text in section.strings("ignore") ?? [] {
            guard let path = JSONPath(text) else {
                section.error("ignore", "\(quoted(text)) is no path such as meta.* or scores[*].id")
                continue
            }
            settings.comparison.ignoredPaths.append(path)
        }
        settings.comparison.absoluteTolerance =
            section.double("absolute_tolerance") ?? settings.comparison.absoluteTolerance
        settings.comparison.relativeTolerance =
            section.double("relative_tolerance") ?? settings.comparison.relativeTolerance
        settings.isGate = section.bool("gate") ?? true
        settings.service = section.string("service")
    }

    private func positive(_ section: Section, _ key: String, _ standard: Int) -> Int {
        guard let value = section.int(key) else { return standard }
        if value < 1 { section.error(key, "must be at least 1") }
        return max(1, value)
    }

    private func pattern(_ section: Section, _ key: String, _ text: String?) -> Pattern? {
        guard let text else { return nil }
        do throws(PatternError) {
            return try Pattern(text, anchored: true)
        } catch {
            section.error(key, "\(error)")
            return nil
        }
    }
}

extension RehearsalConfig {
    /// What is in force, as YAML without credentials.
    var lines: [String] {
        let server = settings.relay.server
        let candidates = settings.candidates.map { candidate in
            "{name: \(candidate.name), url: \"\(candidate.server.origin)\(candidate.server.prefix)\"}"
        }
        return [
            "  - name: \(settings.name)",
            "    listen: \(settings.relay.address):\(settings.relay.port)",
            "    primary: \(server.origin)\(server.prefix)",
            "    candidates: [\(candidates.joined(separator: ", "))]",
        ]
    }
}

/// A node's words in order.
private func plainText(_ node: YAML) -> String {
    if let items = node.items { return "[" + items.map(plainText).joined(separator: ",") + "]" }
    if let fields = node.fields {
        let texts = fields.map { plainText($0.key) + ":" + plainText($0.value) }
        return "{" + texts.joined(separator: ",") + "}"
    }
    return quoted(node.text ?? "")
}
