// Names for people that are none: an adjective and a bird, chosen by a keyed digest of who they are.
// Without the salt nobody can go back; with it the same person always has the same name. When two
// people fall on one name the later one gets a number behind it, so somebody has to remember which
// names are taken: the store does, by digest, never by name.

internal import Basics

/// Where pseudonyms are remembered.
public struct PseudonymStore: Sendable {
    /// Gives the digest its pseudonym: the one it has, else the first candidate nobody has.
    public var claim:
        @Sendable (_ digest: String, _ candidate: @Sendable (_ attempt: Int) -> String) -> String

    public init(
        claim: @escaping @Sendable (String, @Sendable (Int) -> String) -> String
    ) {
        self.claim = claim
    }

    /// One that forgets when the process ends; for imports into files, and tests.
    public static func inMemory() -> PseudonymStore {
        let state = Lock((byDigest: [String: String](), taken: Set<String>()))
        return PseudonymStore { digest, candidate in
            state.withLock { state in
                if let known = state.byDigest[digest] { return known }
                var attempt = 1
                while state.taken.contains(candidate(attempt)) { attempt += 1 }
                let name = candidate(attempt)
                state.byDigest[digest] = name
                state.taken.insert(name)
                return name
            }
        }
    }
}

/// The pseudonym that a digest asks for; from the second attempt on with a number.
func pseudonym(digest: [UInt8], attempt: Int) -> String {
    let adjective = (Int(digest[0]) << 8 | Int(digest[1])) % pseudonymAdjectives.count
    let bird = (Int(digest[2]) << 8 | Int(digest[3])) % pseudonymBirds.count
    let name = "\(pseudonymAdjectives[adjective].en) \(pseudonymBirds[bird].en)"
    return attempt == 1 ? name : "\(name) \(attempt)"
}

/// A pseudonym in a language: `Curious Heron 2` is `好奇的苍鹭 2` in Chinese.
///
/// - Returns: the text itself when it is no pseudonym or the language is not `zh`.
public func pseudonymText(_ pseudonym: String, language: String) -> String {
    guard language == "zh", let (adjective, bird, number) = parts(pseudonym) else {
        return pseudonym
    }
    return pseudonymAdjectives[adjective].zh + pseudonymBirds[bird].zh
        + (number.isEmpty ? "" : " \(number)")
}

/// True for a text that only Martlet can have made.
func isPseudonym(_ text: String) -> Bool { parts(text) != nil }

private func parts(_ text: String) -> (Int, Int, Substring)? {
    let words = text.split(separator: " ")
    guard words.count == 2 || words.count == 3,
        let adjective = pseudonymAdjectives.firstIndex(where: { $0.en == words[0] }),
        let bird = pseudonymBirds.firstIndex(where: { $0.en == words[1] })
    else { return nil }
    let number = words.count == 3 ? words[2] : ""
    return number.allSatisfy(\.isNumber) ? (adjective, bird, number) : nil
}
