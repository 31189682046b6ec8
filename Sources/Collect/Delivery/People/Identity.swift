// A person (or a machine) as a payload names one: any of login, name and e-mail may be missing. Two
// identities are one person when their keys are equal, or when the configuration's `people:` says so.

internal import Basics
internal import Bytes

/// Who did something, as the sender names them.
public struct Identity: Sendable, Hashable {
    public var login: String
    public var name: String
    public var email: String
    /// The sender itself says that this is a machine.
    public var isDeclaredBot: Bool

    public init(
        login: String = "", name: String = "", email: String = "", isDeclaredBot: Bool = false
    ) {
        self.login = login
        self.name = name
        self.email = email
        self.isDeclaredBot = isDeclaredBot
    }

    /// Reads the usual spellings of a user object; nil when it names nobody.
    init?(_ json: JSON?) {
        guard let json else { return nil }
        if let text = json.text {
            self.init(text: text)
            return
        }
        func first(_ names: [String]) -> String {
            for name in names { if let found = json.word(name) { return found } }
            return ""
        }
        self.init(
            login: first(["login", "username", "accountId", "key", "gid"]),
            name: first(["displayName", "fullName", "name"]),
            email: first(["email", "emailAddress"]),
            isDeclaredBot: json.word("type") == "Bot" || json.word("accountType") == "app")
        if key.isEmpty { return nil }
    }

    /// Reads `Name <e-mail>`, an e-mail, or a login.
    init?(text: String) {
        let text = trimmed(text)
        if let open = text.firstIndex(of: "<"), text.hasSuffix(">") {
            self.init(
                name: trimmed(text[..<open]),
                email: trimmed(text[text.index(after: open)...].dropLast()))
        } else if text.contains("@") {
            self.init(email: text)
        } else if text.contains(" ") {
            self.init(name: text)
        } else {
            self.init(login: text)
        }
        if key.isEmpty { return nil }
    }

    /// What tells people apart: the login, else the e-mail, else the name; in lower case.
    ///
    /// GitHub's `123+login@users.noreply.github.com` is the login.
    public var key: String {
        if !login.isEmpty { return login.lowercased() }
        let email = email.lowercased()
        if email.hasSuffix("@users.noreply.github.com") {
            let local = email.prefix { $0 != "@" }
            return String(local.split(separator: "+").last ?? local)
        }
        return email.isEmpty ? name.lowercased() : email
    }

    /// All that names this person, for mapping and for masking.
    var spellings: [String] { [login, name, email].filter { !$0.isEmpty } }
}

func trimmed(_ text: some StringProtocol) -> String {
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
        let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
    else { return "" }
    return String(String.UnicodeScalarView(scalars[first...last]))
}
