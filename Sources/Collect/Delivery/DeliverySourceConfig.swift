// One source of deliveries as configured: who sends, how it proves itself, and where its events
// belong. A source without a secret is an error, unless the configuration says `proof: none`.

public import Bytes

/// A section of `hooks:`.
public struct DeliverySourceConfig: Sendable, Equatable {
    public var kind: DeliveryKind
    /// The last part of `/hooks/KIND/NAME`.
    public var name: String
    public var proof: DeliveryProof
    /// All that are accepted; two stand side by side while one replaces the other.
    public var secrets: [DeliverySecret] = []
    /// Files whose contents are secrets, read by ``readSecrets(_:)``.
    public var secretFiles: [String] = []
    /// The URL as the sender knows it, which Trello signs.
    public var callbackURL: String?
    /// GitLab's signing key is the base64-decoded secret, even without `whsec_` before it.
    public var isKeyBase64 = false
    public var team = ""
    /// Service by repository; a repository that is not here is its own service's name's last part.
    public var services: [String: String] = [:]
    /// Environments that count as production, in lower case.
    public var productionEnvironments: Set<String> = ["production", "prod", "live"]
    /// Lists or stages that mean done (Trello, Asana), in lower case.
    public var doneStages: Set<String> = ["done", "closed", "complete", "completed", "released"]
    /// Name or id of Jira's field for estimates, in lower case.
    public var estimateFields: Set<String> = ["story points", "story point estimate"]
    /// Titles and comments are dropped unless this is true; then e-mails and names are masked.
    public var keepsTitles = false
    /// How a generic document becomes events; without it, it has to be Martlet's own events.
    public var mapping: EventMapping?

    /// `github/shop`.
    public var source: String { "\(kind.rawValue)/\(name)" }

    public init(kind: DeliveryKind, name: String, secrets: [DeliverySecret] = []) {
        self.kind = kind
        self.name = name
        self.secrets = secrets
        proof = .vendor
    }

    /// Reads a section; every fault is reported with its place.
    public init(section: Section) {
        let kindText = section.string("kind") ?? ""
        let kind = DeliveryKind(rawValue: kindText)
        if kind == nil {
            let all = DeliveryKind.allCases.map(\.rawValue).joined(separator: ", ")
            section.error("kind", "must be one of \(all)")
        }
        self.init(kind: kind ?? .generic, name: section.string("name") ?? kindText)
        if !DeliverySourceConfig.isName(name) {
            section.error("name", "must be letters, digits, '-', '_' or '.', as it is in the URL")
        }
        if let text = section.string("proof") {
            if let proof = DeliveryProof(rawValue: text) {
                self.proof = proof
            } else {
                let all = DeliveryProof.allCases.map(\.rawValue).joined(separator: ", ")
                section.error("proof", "must be one of \(all)")
            }
        }
        secrets =
            ((section.string("secret").map { [$0] } ?? []) + (section.strings("secrets") ?? []))
            .map(DeliverySecret.init(text:))
        secretFiles =
            (section.string("secret_file").map { [$0] } ?? [])
            + (section.strings("secret_files") ?? [])
        let hasNone = secrets.isEmpty && secretFiles.isEmpty
        // Asana brings its secret itself, in the handshake.
        if hasNone && proof != .none && kind != .asana {
            section.error("secret_file", "is missing; without a secret anybody can send")
        }
        if secrets.contains(where: \.bytes.isEmpty) {
            section.error("secret", "must not be empty")
        }
        callbackURL = section.string("callback_url")
        if kind == .trello && callbackURL == nil {
            section.error("callback_url", "is missing; Trello signs the URL it was registered with")
        }
        isKeyBase64 = section.bool("key_is_base64") ?? false
        takeBelonging(section)
        mapping = section.section("mapping").map(EventMapping.init(section:))
        section.finish()
    }

    /// Reads where events belong and what words mean, which hooks and pulls share.
    mutating func takeBelonging(_ section: Section) {
        team = section.string("team") ?? ""
        for (repository, service) in section.texts("services") ?? [] {
            services[repository] = service
        }
        if let names = section.strings("production_environments") {
            productionEnvironments = Set(names.map { $0.lowercased() })
        }
        if let names = section.strings("done_stages") {
            doneStages = Set(names.map { $0.lowercased() })
        }
        if let names = section.strings("estimate_fields") {
            estimateFields = Set(names.map { $0.lowercased() })
        }
        keepsTitles = section.bool("keep_titles") ?? false
    }

    /// The source with the contents of its secret files; a line end behind a secret is not part of it.
    ///
    /// - Parameter read: reads a whole file.
    public func readSecrets(
        _ read: (_ path: String) throws -> [UInt8]
    ) rethrows -> DeliverySourceConfig {
        var source = self
        for path in secretFiles {
            var bytes = try read(path)
            while let last = bytes.last, last == 0x0a || last == 0x0d { bytes.removeLast() }
            if !bytes.isEmpty { source.secrets.append(DeliverySecret(bytes)) }
        }
        return source
    }

    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64
            && name.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII
                    && (scalar.properties.isAlphabetic
                        || "0123456789-_.".unicodeScalars.contains(scalar))
            }
    }

    /// An environment as events name it: every production environment is `production`.
    func environment(_ name: String) -> String {
        let lower = name.lowercased()
        return productionEnvironments.contains(lower) ? "production" : lower
    }

    /// The service of a repository.
    func service(of repository: String) -> String {
        services[repository] ?? repository.split(separator: "/").last.map(String.init) ?? ""
    }
}
