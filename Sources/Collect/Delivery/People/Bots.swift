// Which actors are machines. `[bot]` and a declared type are certain; else a name is one when `bot`
// stands as a word of its own, or when it is one of the machines that everybody has. The letters alone
// are not enough: `robotics`, `about` and `Talbot` are people.

public import Basics

/// Names of machines that do not carry the word.
private let wellKnownBots: Set<String> = [
    "allcontributors", "autofix-ci", "codecov", "codecov-commenter", "coveralls", "dependabot",
    "dependabot-preview", "github-actions", "gitlab-ci-token", "greenkeeper", "imgbot", "jenkins",
    "mergify", "pre-commit-ci", "pyup-bot", "renovate", "renovatebot", "semantic-release", "snyk",
    "stale", "trivialbot", "web-flow",
]

/// True when this is a machine.
///
/// - Parameter patterns: what the configuration adds, matched against login and name.
public func isBot(_ identity: Identity, patterns: [Pattern] = []) -> Bool {
    // GitHub commits under this address when somebody presses a button on its pages.
    if identity.isDeclaredBot || identity.email.lowercased() == "noreply@github.com" { return true }
    for spelling in [identity.login, identity.name, String(identity.email.prefix { $0 != "@" })]
    where !spelling.isEmpty {
        if isBotName(spelling) { return true }
        if patterns.contains(where: { (try? $0.matches(spelling)) == true }) { return true }
    }
    return false
}

private func isBotName(_ name: String) -> Bool {
    let lower = name.lowercased()
    if lower.hasSuffix("[bot]") || wellKnownBots.contains(lower) { return true }
    // Words: letters alone, so that `renovate-bot`, `bot2` and `release_bot` have the word.
    let words = lower.split { !$0.isLetter }
    return words.contains { $0 == "bot" || $0 == "robot" || $0 == "bots" }
}
