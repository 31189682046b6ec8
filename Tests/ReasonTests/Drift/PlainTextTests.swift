// A text of ASCII is counted by a way of its own, which must say what the way for all texts says.

import Testing

@testable import Reason

@Suite struct PlainTextTests {
    @Test func `a plain text has the figures that it has among others`() {
        let seed = UInt64.random(in: 1...1_000_000)
        print("plain texts: seed \(seed)")
        var random = SplitMix(seed: seed)
        let bytes = Array("aZ09'-.!? \t\n,;[{\u{7f}".utf8)
        for _ in 0..<3000 {
            let text = String(
                decoding: (0..<Int.random(in: 0..<60, using: &random)).map { _ in
                    bytes[Int.random(in: bytes.indices, using: &random)]
                },
                as: UTF8.self)
            let plain = TextDescriptors(text)
            // A joiner is of no script, no blank, and ends what it follows.
            let other = TextDescriptors(text + "\u{2060}")
            #expect(plain.characters + 1 == other.characters)
            #expect(plain.words == other.words, "\(text.debugDescription)")
            #expect(plain.sentences == other.sentences, "\(text.debugDescription)")
            #expect(plain.language == other.language, "\(text.debugDescription)")
            #expect(TextDescriptors.language(of: text) == plain.language)
            let first = text.utf8.first { !(9...13).contains($0) && $0 != 32 }
            #expect(PlainText(text)?.first == first)
            #expect(PlainText(text)?.lowered == Array(text.lowercased().utf8))
        }
    }
}
