// One round of pulling, as a value: it says what to fetch next, takes the answer, and gives events; at
// the end it has a cursor for the next round. Who runs it owns clock, network and store. It never
// follows a page to another host, because the token would go there too; it waits when the sender says
// so, and gives up a list after a few faults in a row, keeping the cursor where it was.

public import Basics
internal import Bytes
internal import Foundation

/// What a round wants.
public enum PullStep: Sendable {
    case fetch(FetchRequest)
    /// Not before this time, then ask again.
    case wait(until: Millis)
    /// The round is over; keep the cursor.
    case done(cursor: String)
}

/// A round of pulling one source.
public struct PullSession: Sendable {
    /// Rows at the end of a round may be changed once more within the same second, and clocks differ.
    static let overlapMillis: Millis = 600_000
    static let faultsMax = 5
    /// Pages of one list in one round: 100,000 rows; the next round goes on from there.
    static let pagesMax = 1000

    private let config: PullConfig
    private let normaliser: Normaliser
    private var since: [String: Millis]
    private var lists: [PullResource]
    private var url: String?
    /// Of a GitHub deployment the states are a list of their own.
    private var pending: [(id: String, row: JSON)] = []
    private var newest: Millis?
    private var pages = 0
    private var faults = 0
    private var notBefore: Millis = 0
    /// Lists that were given up, with the reason.
    public private(set) var problems: [String] = []

    /// - Parameter cursor: what the last round ended with; empty for all there is.
    public init(_ config: PullConfig, people: PeopleBook, cursor: String = "") {
        self.config = config
        normaliser = Normaliser(source: config.source, people: people)
        lists = PullResource.all(of: config.source.kind)
        since = [:]
        for (name, value) in (try? JSON(text: cursor))?.fields ?? [] {
            since[name] = value.int.map(Millis.init)
        }
        begin()
    }

    /// What to do now.
    public func next(now: Millis) -> PullStep {
        if now < notBefore { return .wait(until: notBefore) }
        let address = pending.first.map { deployment in
            "\(config.url)/repos/\(config.project)/deployments/\(deployment.id)/statuses?per_page=100"
        }
        guard let url = address ?? url else { return .done(cursor: cursorText) }
        var request = FetchRequest("GET", url, timeout: .seconds(30))
        request.headers = [("Accept", "application/json"), ("User-Agent", "Martlet")]
        if let token = config.token.map({ String(decoding: $0.bytes, as: UTF8.self) }) {
            if config.user.isEmpty {
                request.headers.append(("Authorization", "Bearer \(token)"))
            } else {
                let pair = Data("\(config.user):\(token)".utf8).base64EncodedString()
                request.headers.append(("Authorization", "Basic \(pair)"))
            }
        }
        // A redirect could lead the token to another host.
        request.followsRedirects = false
        return .fetch(request)
    }

    /// Takes an answer.
    public mutating func take(_ response: FetchResponse, now: Millis) -> NormalisedDelivery {
        if response.status == 429 || response.status == 403 && isLimited(response) {
            notBefore = limitEnd(response, now: now)
            return NormalisedDelivery()
        }
        guard response.status == 200, let json = try? JSON(response.body) else {
            fail(
                "status \(response.status)", isFinal: (400..<500).contains(response.status),
                now: now)
            return NormalisedDelivery()
        }
        faults = 0
        if let deployment = pending.first {
            pending.removeFirst()
            let result = read { reading in
                reading.pulledDeployment(deployment.row, json.items ?? [], config.project)
            }
            if pending.isEmpty && url == nil { finishList() }
            return result
        }
        guard let list = lists.first else { return NormalisedDelivery() }
        return page(list, json, response)
    }

    /// Notes that no answer came.
    public mutating func fail(_ error: FetchError, now: Millis) {
        fail(error.description, isFinal: false, now: now)
    }

    private mutating func page(
        _ list: PullResource, _ json: JSON, _ response: FetchResponse
    ) -> NormalisedDelivery {
        var rows = list.rows(json)
        let oldest = since[list.rawValue].map { $0 - list.overlapMillis }
        var isOver = false
        if let oldest {
            let fresh = rows.filter { list.changed($0).map { $0 >= oldest } ?? true }
            isOver = rows.contains { list.ends(at: $0, since: oldest) }
            rows = fresh
        }
        for row in rows { newest = [newest, list.changed(row)].compactMap { $0 }.max() }
        if list == .githubDeployments {
            pending += rows.compactMap { row in row.word("id").map { ($0, row) } }
        }
        pages += 1
        url = isOver ? nil : nextPage(list, json, response)
        if url != nil && pages >= PullSession.pagesMax {
            problems.append(
                "\(list.rawValue): more than \(PullSession.pagesMax) pages; the rest is left out")
            url = nil
        }
        if url == nil && pending.isEmpty { finishList() }
        if list == .githubDeployments { return NormalisedDelivery() }
        return read { reading in
            for row in rows { reading.pulled(list, row, config.project) }
        }
    }

    private func read(_ body: (inout Reading) -> Void) -> NormalisedDelivery {
        var reading = Reading(
            source: config.source, people: normaliser.people,
            delivery: RawDelivery(source: config.source.source, id: "", receivedAt: 0, body: []))
        body(&reading)
        return reading.finish()
    }

    private mutating func begin() {
        newest = nil
        pages = 0
        faults = 0
        url = lists.first.map { list in
            let from = since[list.rawValue].map { $0 - list.overlapMillis }
            return config.url + list.path(config.project, since: from)
        }
    }

    private mutating func finishList() {
        if let list = lists.first {
            since[list.rawValue] = [since[list.rawValue], newest].compactMap { $0 }.max()
            lists.removeFirst()
        }
        begin()
    }

    private mutating func fail(_ reason: String, isFinal: Bool, now: Millis) {
        faults += 1
        if !isFinal && faults < PullSession.faultsMax {
            // 2, 4, 8, 16 s: a sender that restarts is back by then.
            notBefore = now + 1000 << Millis(faults)
            return
        }
        problems.append("\(lists.first?.rawValue ?? ""): \(reason)")
        pending = []
        if !lists.isEmpty { lists.removeFirst() }
        begin()
    }

    private func isLimited(_ response: FetchResponse) -> Bool {
        response[header: "x-ratelimit-remaining"] == "0" || response[header: "retry-after"] != nil
    }

    private func limitEnd(_ response: FetchResponse, now: Millis) -> Millis {
        let hour: Millis = 3_600_000
        if let seconds = response[header: "retry-after"].flatMap(Int64.init), seconds >= 0 {
            return now + min(min(seconds, 3600) * 1000, hour)
        }
        if let reset = response[header: "x-ratelimit-reset"].flatMap(parseStamp), reset > now {
            return min(reset, now + hour)
        }
        return now + 60_000
    }

    /// The next page; nil at the last one, and when it would be on another host.
    private func nextPage(
        _ list: PullResource, _ json: JSON, _ response: FetchResponse
    ) -> String? {
        switch config.source.kind {
        case .github:
            for part in (response[header: "link"] ?? "").split(separator: ",")
            where part.contains("rel=\"next\"") {
                guard let open = part.firstIndex(of: "<"), let close = part.firstIndex(of: ">"),
                    open < close
                else { continue }
                let address = String(part[part.index(after: open)..<close])
                return address.hasPrefix(config.url + "/") ? address : nil
            }
            return nil
        case .gitlab:
            guard let next = response[header: "x-next-page"].flatMap(Int.init), let url else {
                return nil
            }
            return setting("page", next, in: url)
        case .jira:
            let count = list.rows(json).count
            guard count > 0, json.flag("isLast") != true, let url else { return nil }
            let start = Int(json.amount("startAt") ?? 0) + count
            if let total = json.amount("total"), Double(start) >= total { return nil }
            return setting("startAt", start, in: url)
        default: return nil
        }
    }

    private func setting(_ name: String, _ value: Int, in url: String) -> String {
        let parts = url.split(separator: "?", maxSplits: 1)
        let pairs = (parts.count > 1 ? parts[1] : "").split(separator: "&")
            .filter { !$0.hasPrefix("\(name)=") }
        return "\(parts[0])?"
            + (pairs.map(String.init) + ["\(name)=\(value)"]).joined(separator: "&")
    }

    private var cursorText: String {
        let fields = since.sorted { $0.key < $1.key }.map { ($0.key, JSON.number(Int($0.value))) }
        return String(decoding: JSON.object(fields).encoded, as: UTF8.self)
    }
}
