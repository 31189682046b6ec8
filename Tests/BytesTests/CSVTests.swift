import Bytes
import Testing

@Suite struct CSVTests {
    private func table(_ text: String, _ kinds: [String: CSVKind] = [:]) throws -> CSVTable {
        try CSVTable(Array(text.utf8), kinds: kinds)
    }

    private func numbers(_ table: CSVTable, _ name: String) -> [Double]? {
        if case .numbers(let values)? = table[name]?.values { return values }
        return nil
    }

    @Test func `types are found, and empty fields are missing`() throws {
        let table = try table("x,k,y\n1,a,\n2.5e3,b,7\nNA,a,-1\n")
        #expect(table.rowCount == 3)
        let x = numbers(table, "x")
        #expect(x?.prefix(2) == [1, 2500] && x?[2].isNaN == true)
        #expect(numbers(table, "y")?[0].isNaN == true)
        guard case .categories(let codes, let names)? = table["k"]?.values else {
            Issue.record("k is no category")
            return
        }
        #expect(codes == [0, 1, 0] && names == ["a", "b"])
    }

    @Test func `quotes, line breaks inside fields, CRLF and a byte order mark are read`() throws {
        let table = try table(
            "\u{feff}t,n\r\n\"say \"\"hi\"\", then\nleave\",1\r\nb,2\r\n", ["t": .text])
        guard case .texts(let texts)? = table["t"]?.values else {
            Issue.record("t is no text")
            return
        }
        #expect(texts == ["say \"hi\", then\nleave", "b"])
        #expect(numbers(table, "n") == [1, 2])
    }

    @Test func `a type can be overridden`() throws {
        let table = try table("code,v\n1,x\n2,3\n", ["code": .categorical, "v": .numeric])
        if case .categories(_, let names)? = table["code"]?.values {
            #expect(names == ["1", "2"])
        } else {
            Issue.record("code is no category")
        }
        #expect(numbers(table, "v")?[0].isNaN == true)
    }

    @Test func `long or varied texts are texts`() throws {
        let prompts = (0..<60).map { "question number \($0)" }.joined(separator: "\n")
        if case .texts? = try table("prompt\n" + prompts)["prompt"]?.values {
        } else {
            Issue.record("prompt is no text")
        }
    }

    @Test func `errors name the line`() throws {
        #expect(throws: CSVError(line: 3, reason: "1 fields where the header has 2")) {
            try table("a,b\n1,2\n3\n")
        }
        #expect(throws: CSVError(line: 2, reason: "a quote is opened and never closed")) {
            try table("a\n\"x\n")
        }
        #expect(throws: CSVError.self) { try table("") }
        #expect(throws: CSVError.self) { try table("a,a\n1,2\n") }
    }
}
