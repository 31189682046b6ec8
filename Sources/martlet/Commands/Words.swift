// Phrases as English sentences, for the terminal: the same file that the pages read. A phrase without
// a sentence shows its key and what it carries, which is still a fact.

import Basics
import Bytes

/// The sentences of a language.
struct Words {
    private let sentences: [String: String]

    /// Reads `dashboards/web/lang/LANGUAGE.json`; without the file phrases show their keys.
    init(_ language: String = "en", share: String? = nil) {
        let file = shareFolder(share).map { "\($0)/dashboards/web/lang/\(language).json" }
        let fields =
            file.flatMap { try? readText($0) }.flatMap { try? JSON(text: $0) }?.fields ?? []
        sentences = Dictionary(
            fields.compactMap { key, value in value.text.map { (key, $0) } },
            uniquingKeysWith: { $1 })
    }

    /// The sentence of a phrase as the end points write it.
    func text(_ phrase: JSON?) -> String {
        guard let key = phrase?["key"]?.text else { return "" }
        var arguments: [String: String] = [:]
        for (name, value) in phrase?["args"]?.fields ?? [] { arguments[name] = value.text ?? "" }
        return text(Phrase(key, arguments))
    }

    /// The sentence of a phrase.
    func text(_ phrase: Phrase) -> String {
        if let sentence = sentences[phrase.key] { return phrase.worded(sentence) }
        let carried = phrase.arguments.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return carried.isEmpty ? phrase.key : "\(phrase.key) (\(carried.joined(separator: ", ")))"
    }

    /// The sentence of a key with its places for arguments.
    func template(_ key: String) -> String? { sentences[key] }

    /// The word of a key, or the key.
    func word(_ key: String) -> String { sentences[key] ?? key }
}

/// Columns that line up; the last one runs free.
func tableText(_ rows: [[String]]) -> String {
    var widths: [Int] = []
    for row in rows {
        for (index, cell) in row.dropLast().enumerated() {
            if index >= widths.count { widths.append(0) }
            widths[index] = max(widths[index], cell.count)
        }
    }
    return rows.map { row in
        row.enumerated().map { index, cell in
            index < row.count - 1
                ? cell + String(repeating: " ", count: max(0, widths[index] - cell.count)) : cell
        }.joined(separator: "  ")
    }.joined(separator: "\n")
}
