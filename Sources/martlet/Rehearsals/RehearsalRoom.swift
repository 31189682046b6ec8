// Everything of rehearsals in a running agent: the running ones, the store of their pairs, their series,
// their findings, and what they say to the gate of a release.

import Basics
import Carry
import Glibc
import Keep
import Reason
import Rehearse
import Serve

/// The rehearsals of an agent.
final class RehearsalRoom: Sendable {
    private let keeper: PairKeeper
    private let findings: FindingLog
    private let registry: Registry
    private let clock: Clock
    private let running = Lock<[(rehearsal: Rehearsal, words: String)]>([])
    /// Verdicts that a finding speaks of, by candidate.
    private let told = Lock<[PairOwner: Verdict]>([:])

    init(folder: String, findings: FindingLog, registry: Registry, clock: Clock) throws {
        self.findings = findings
        self.registry = registry
        self.clock = clock
        do {
            keeper = try PairKeeper(folder: folder, registry: registry)
        } catch {
            throw StartError("\(error)")
        }
        registry.gather { [weak self] in rehearsalFamilies(self?.views ?? []) }
    }

    /// How all of them stand.
    var views: [RehearsalView] { running.withLock { $0 }.map(\.rehearsal.view) }

    /// Brings what runs in line with the configuration: what has not changed goes on undisturbed.
    ///
    /// Blocks: not for the cooperative pool.
    func apply(_ configs: [RehearsalConfig]) throws {
        if !configs.isEmpty { raiseDescriptors() }
        let wanted = try configs.map { config in
            let settings = try credentialed(config)
            // A renewed certificate is news as a renewed token is.
            let secrets =
                settings.candidates.map { "\($0.headers)" }.joined()
                + (settings.relay.tls.map { $0.certificate + $0.key } ?? "")
            return (settings, words: config.words + secrets)
        }
        let words = Set(wanted.map(\.words))
        let (gone, kept) = running.withLock { running in
            let gone = running.filter { !words.contains($0.words) }
            running.removeAll { !words.contains($0.words) }
            return (gone, Set(running.map(\.words)))
        }
        for entry in gone { entry.rehearsal.stop() }
        for (settings, words) in wanted where !kept.contains(words) {
            do {
                let rehearsal = try Rehearsal(
                    settings, keeper: keeper, clock: clock, registry: registry,
                    log: { remark($0) }, changed: { [weak self] in self?.tell($0) })
                running.withLock { $0.append((rehearsal, words)) }
                remark(
                    "the rehearsal \(settings.name) listens on "
                        + "\(settings.relay.address):\(rehearsal.port)")
            } catch {
                throw StartError("\(error)")
            }
        }
    }

    /// The settings with the credentials of their files.
    private func credentialed(_ config: RehearsalConfig) throws -> MirrorSettings {
        var settings = config.settings
        if let (certificate, key) = config.tlsFiles {
            do {
                settings.relay.tls = (try readText(certificate), try readText(key))
            } catch {
                throw StartError("tls_server_config of \(settings.name): \(error)")
            }
        }
        for index in settings.candidates.indices {
            let name = settings.candidates[index].name
            guard let file = config.authorizationFiles[name] else { continue }
            do {
                let token = try readText(file).trimmed
                settings.candidates[index].headers.append(("Authorization", "Bearer \(token)"))
            } catch {
                throw StartError("the credentials of \(settings.name)/\(name): \(error)")
            }
        }
        return settings
    }

    /// Ends all of them; what is under way has five seconds, and so long it blocks.
    private func stop() {
        let all = running.withLock { running in
            defer { running = [] }
            return running
        }
        for entry in all { entry.rehearsal.stop() }
    }

    func close() {
        stop()
        do {
            try keeper.close()
        } catch {
            complain("closing: \(error)")
        }
    }

    var routes: [Route] {
        RehearsalsAPI(
            RehearsalDesk(
                views: { [weak self] in self?.views ?? [] }, keeper: keeper, findings: findings,
                override: { [weak self] name, candidate, person, reason in
                    self?.named(name)?.override(
                        candidate: candidate, person: person, reason: reason) ?? false
                },
                setStopped: { [weak self] name, candidate, isStopped in
                    self?.named(name)?.setStopped(candidate: candidate, isStopped) ?? false
                },
                label: { [weak self] name, labels in
                    self?.named(name)?.take(labels: labels)
                })
        ).routes
    }

    private func named(_ name: String) -> Rehearsal? {
        running.withLock { $0.map(\.rehearsal) }.first { $0.settings.name == name }
    }

    // MARK: Verdicts

    /// What the gate of a release is told: the worst of the rehearsals that are gates; nil without any.
    ///
    /// - Parameter service: whose release; nil asks for all.
    func gate(of service: String?) -> GateReading? {
        let candidates = views.filter { $0.isGate && speaks($0.service, to: service) }
            .flatMap { view in view.candidates.map { (view, $0) } }
        let worst = candidates.max { weight($0.1.standing.verdict) < weight($1.1.standing.verdict) }
        guard let (view, candidate) = worst else { return nil }
        return GateReading(
            candidate.standing.verdict.gateState,
            Phrase(
                "gate.shadow.\(candidate.standing.verdict.rawValue)",
                [
                    "rehearsal": view.name, "candidate": candidate.name,
                    "pairs": String(candidate.standing.pairs),
                    "more": candidate.standing.pairsNeeded.map(String.init) ?? "?",
                ]), link: "/rehearsals?name=\(view.name)")
    }

    private func weight(_ verdict: Verdict) -> Int {
        switch verdict {
        case .reject: 3
        case .notEnoughData: 2
        case .hold: 1
        case .promote: 0
        }
    }

    /// Keeps a finding when a verdict has changed.
    private func tell(_ name: String) {
        guard let rehearsal = named(name) else { return }
        let view = rehearsal.view
        for candidate in view.candidates {
            let verdict = candidate.standing.verdict
            let isNew = told.withLock { told in
                defer { told[candidate.owner] = verdict }
                return told[candidate.owner] != verdict
            }
            guard isNew else { continue }
            do throws(RecordError) {
                try findings.keep([finding(view, candidate)])
            } catch {
                complain("a verdict of \(name) was not kept as a finding: \(error)")
            }
        }
    }

    private func finding(_ view: RehearsalView, _ candidate: CandidateView) -> Finding {
        let standing = candidate.standing
        let isOpen = standing.verdict == .reject || standing.verdict == .promote
        return Finding(
            id: "rehearsal/\(view.name)/\(candidate.name)", kind: .shadow,
            subject: "\(view.name) · \(candidate.name)",
            labels: [
                "rehearsal": view.name, "candidate": candidate.name,
                "verdict": standing.verdict.rawValue,
            ],
            severity: standing.verdict == .reject ? .warning : .info,
            start: standing.failure?.time ?? (standing.from > 0 ? standing.from : view.time),
            end: isOpen ? nil : view.time,
            summary: Phrase(
                "finding.shadow.\(standing.verdict.rawValue)",
                [
                    "rehearsal": view.name, "candidate": candidate.name,
                    "pairs": String(standing.pairs),
                ]),
            evidence: standing.reasons, link: "/rehearsals?name=\(view.name)")
    }
}

/// A thousand streams need three descriptors each; the soft limit of most systems is 1,024.
private func raiseDescriptors() {
    var limit = rlimit()
    let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(kind, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(kind, &limit)
}

/// Whether what was said of a service's release is said to who asks for a service; nil is any, on either side.
func speaks(_ said: String?, to asked: String?) -> Bool {
    said == nil || asked == nil || said == asked
}

extension Verdict {
    /// What it means for the gate of a release.
    var gateState: GateState {
        switch self {
        case .promote: .pass
        case .reject: .fail
        case .hold, .notEnoughData: .unknown
        }
    }
}
