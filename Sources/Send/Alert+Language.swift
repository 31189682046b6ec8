// Annotations in the reader's language. Rule packs carry an annotation in English under its plain
// name and in other languages with a suffix: `summary`, `summary_zh`, `action`, `action_zh`.

public import Basics

extension Alert {
    /// An annotation in a language, else in English, else the empty text.
    ///
    /// - Parameter language: `en`, `zh`, or a tag such as `zh-CN`, of which the first part counts.
    public func annotation(_ name: String, language: String) -> String {
        localized(annotations, name, language)
    }
}

/// An annotation in a language, else in English, else the empty text.
public func localized(_ annotations: Labels, _ name: String, _ language: String) -> String {
    let short = language.prefix { $0.isLetter }.lowercased()
    return annotations["\(name)_\(short)"] ?? annotations[name] ?? ""
}
