// Every sentence that a model of a series can say has its words in both languages.

import Foundation
import Testing

private let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

@Suite struct AnomalyWordsTests {
    @Test(arguments: ["en", "zh"])
    func `every sentence of the models is worded`(_ language: String) throws {
        let folder = root.appending(path: "Sources/Reason/Anomaly")
        let all = FileManager.default.enumerator(atPath: folder.path)?.allObjects ?? []
        var keys: Set<String> = []
        for file in all.compactMap({ $0 as? String }) where file.hasSuffix(".swift") {
            let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            for match in text.matches(of: /"(anomaly\.[a-z_.]+[a-z])"/) {
                keys.insert(String(match.1))
            }
        }
        #expect(keys.count >= 18, "the sources say only \(keys)")
        let words = root.appending(path: "dashboards/web/lang/\(language).json")
        let known = try JSONDecoder().decode([String: String].self, from: Data(contentsOf: words))
        for key in keys.sorted() {
            #expect(known[key]?.isEmpty == false, "\(language).json lacks \(key)")
        }
    }
}
