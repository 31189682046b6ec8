// What a person types into the search field: words that must all occur, "phrases", -exclusions and
// prefix*. Everything else is taken literally, so no text is a syntax error of FTS5; what cannot be
// searched (a quote without end, a term without a letter) is said with its place.

/// A search that cannot be done as written.
public struct WordQueryError: Error, Sendable, Equatable, CustomStringConvertible {
    public var reason: String
    /// Where in the text, in characters, counted from 1.
    public var column: Int

    public var description: String { "search, character \(column): \(reason)" }
}

/// A parsed search.
struct WordQuery: Equatable {
    /// The terms of one search; more are a mistake of pasting.
    static let termsMax = 32

    /// FTS5 expressions that must match, and that must not.
    var wanted: [String] = []
    var unwanted: [String] = []

    init(_ text: String) throws(WordQueryError) {
        let characters = Array(text)
        var index = 0
        while index < characters.count {
            if characters[index].isWhitespace {
                index += 1
                continue
            }
            let start = index
            let isUnwanted = characters[index] == "-"
            if isUnwanted { index += 1 }
            var term = ""
            if index < characters.count, isQuote(characters[index]) {
                index += 1
                while index < characters.count, !isQuote(characters[index]) {
                    term.append(characters[index])
                    index += 1
                }
                guard index < characters.count else {
                    throw WordQueryError(reason: "the quote is not closed", column: start + 1)
                }
                index += 1
            } else {
                while index < characters.count, !characters[index].isWhitespace,
                    !isQuote(characters[index])
                {
                    term.append(characters[index])
                    index += 1
                }
            }
            var isPrefix = term.hasSuffix("*")
            if index < characters.count, characters[index] == "*" {
                isPrefix = true
                index += 1
            }
            let parts = words(of: term)
            guard !parts.isEmpty else {
                throw WordQueryError(
                    reason: "\(isUnwanted ? "-" : "")\(term) has no letter or digit to search for",
                    column: start + 1)
            }
            let phrase = "\"" + parts.joined(separator: " ") + "\"" + (isPrefix ? " *" : "")
            if isUnwanted { unwanted.append(phrase) } else { wanted.append(phrase) }
            if wanted.count + unwanted.count > WordQuery.termsMax {
                throw WordQueryError(
                    reason: "more than \(WordQuery.termsMax) terms", column: start + 1)
            }
        }
    }

    var isEmpty: Bool { wanted.isEmpty && unwanted.isEmpty }

    private func isQuote(_ character: Character) -> Bool { "\"“”".contains(character) }
}
