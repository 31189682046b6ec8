import Basics
import Testing

@testable import Bytes

@Suite struct JSONTests {
    @Test func `a document reads and writes back`() throws {
        let text = #"{"a":[1,2.5e3,true,null],"b":{"c":"x\ny"},"超时":"é"}"#
        let value = try JSON(text: text)
        #expect(value["a"]?.items?.count == 4 && value["b"]?["c"]?.text == "x\ny")
        #expect(try JSON(value.encoded) == value)
    }

    @Test(arguments: [
        ("{", 1, 2), ("[1,]", 1, 4), ("{\"a\" 1}", 1, 6), ("[01]", 1, 3), ("\"\u{1}\"", 1, 2),
        ("1 2", 1, 3),
        ("{\n  \"a\": tru\n}", 2, 8), ("", 1, 1), ("[\"\\x\"]", 1, 4),
    ])
    func `a fault is placed`(_ text: String, _ line: Int, _ column: Int) {
        let error = #expect(throws: JSONError.self) { try JSON(text: text) }
        #expect(error?.line == line && error?.column == column)
    }

    @Test func `depth has a limit`() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.self) { try JSON(text: deep) }
    }

    @Test func `surrogate pairs join and lone ones are replaced`() throws {
        #expect(try JSON(text: #""\ud83d\ude00""#).text == "😀")
        #expect(try JSON(text: #""\ud83dx""#).text == "\u{fffd}x")
    }

    @Test func `a string is the same with an escape in it and without`() throws {
        let texts: [[UInt8]] = [
            [], Array("x".utf8), Array("日本語 é 😀".utf8),
            Array(String(repeating: "y", count: 999).utf8),
            // No UTF-8: the reader goes on behind it, and not as many bytes as the text then has.
            [0xff], [0x61, 0xc3], [0xe6, 0x97, 0x62],
        ]
        for text in texts {
            let wanted = String(decoding: text, as: UTF8.self)
            let plain = Array(#"["a","#.utf8) + [0x22] + text + Array(#"","z"]"#.utf8)
            #expect(try JSON(plain).items?.map(\.text) == ["a", wanted, "z"])
            for escape in [#"\n"#, #"\""#, #"\u0041"#] {
                let escaped =
                    Array(#"["a","#.utf8) + [0x22] + Array(escape.utf8) + text
                    + Array(#"","z"]"#.utf8)
                let read = try JSON(escaped).items?.map(\.text)
                #expect(read?[1]?.dropFirst() == Substring(wanted) && read?[2] == "z")
            }
        }
        for broken in [#"["a"#, "[\"a\u{1}\"]", #"["\"]"#, "\""] {
            #expect(throws: JSONError.self) { try JSON(text: broken) }
        }
    }

    @Test func `random bytes never crash the reader`() {
        let seed = UInt64.random(in: 0 ... .max)
        var state = seed
        for _ in 0..<20_000 {
            let alphabet = Array(#"{}[]",:0123456789.eE+-truefalsn\u "#.utf8)
            var bytes: [UInt8] = []
            for _ in 0..<12 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            if let value = try? JSON(bytes) {
                #expect((try? JSON(value.encoded)) == value, "seed \(seed), \(bytes)")
            }
        }
    }
}

@Suite struct GzipTests {
    @Test func `data survives both ways and a bomb does not`() throws {
        let data = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        #expect(try gunzip(gzip(data), bytesMax: data.count) == data)
        #expect(throws: GzipError.tooLarge(bytesMax: 1000)) {
            try gunzip(gzip(data), bytesMax: 1000)
        }
        #expect(throws: GzipError.corrupt) {
            try gunzip(Array(gzip(data).dropLast(9)), bytesMax: 1 << 20)
        }
        #expect(throws: GzipError.corrupt) { try gunzip([1, 2, 3], bytesMax: 10) }
    }
}

@Suite struct ChecksumTests {
    @Test func `the published check value holds`() {
        #expect(crc32c(Array("123456789".utf8)) == 0xe306_9283)
        #expect(crc32c(Array("456789".utf8), seed: crc32c(Array("123".utf8))) == 0xe306_9283)
        // The processor's and the tables' way, at every length and alignment.
        let bytes = (0..<100).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) }
        bytes.withUnsafeBytes { raw in
            for start in 0..<16 {
                for end in start...100 {
                    let part = UnsafeRawBufferPointer(rebasing: raw[start..<end])
                    #expect(crc32c(part, seed: 7) == crc32cByTable(part, seed: 7))
                }
            }
        }
    }

    @Test func `integers survive the wire`() {
        for value in [0, 1, -1, 63, -64, 64, .max, .min] as [Int64] {
            var bytes: [UInt8] = []
            appendZigzag(value, to: &bytes)
            var offset = 0
            #expect(
                bytes.withUnsafeBytes { readZigzag($0, &offset) } == value && offset == bytes.count)
        }
    }
}

@Suite struct SectionTests {
    private func read(_ text: String, _ body: (Section) -> Void) throws -> [String] {
        let problems = Problems(file: "m.yml")
        body(Section(try YAML.parse(text), path: "", problems: problems))
        return problems.all.map(\.description)
    }

    @Test func `an unknown key is an error with its place, a foreign one a warning`() throws {
        let found = try read("interval: 15s\nintervall: 3\nsharding: 1\n") { section in
            #expect(section.duration("interval") == 15_000)
            section.finish(foreign: ["sharding"])
        }
        #expect(
            found == [
                "m.yml:2:1: error: unknown key intervall; did you mean interval?",
                "m.yml:3:1: warning: sharding is known to Prometheus but not served by Martlet; ignored",
            ])
    }

    @Test func `a value of the wrong kind is an error with its place`() throws {
        let found = try read("a:\n  b: [1]\n") { section in
            #expect(section.section("a")?.int("b") == nil)
        }
        #expect(found == ["m.yml:2:6: error: a.b must be a whole number"])
    }

    @Test(arguments: [("10MB", 10 << 20), ("512KiB", 512 << 10), ("7", 7), ("1GB", 1 << 30)])
    func `sizes are binary`(_ text: String, _ bytes: Int) { #expect(parseBytes(text) == bytes) }
}
