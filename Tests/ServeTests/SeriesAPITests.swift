// Listing series, names and values, and suggesting them to who types a query.

import Basics
import Bytes
import Carry
import Query
import Testing

@Suite struct SeriesAPITests {
    private let asker = Asker()

    @Test func `series, labels and values are listed in order`() {
        #expect(
            asker.text("/api/v1/series", [("match[]", "requests_total"), ("match[]", "load")])
                == #"{"status":"success","data":[{"__name__":"load","job":"node"},{"__name__":"requests_total","code":"200","job":"api"},{"__name__":"requests_total","code":"500","job":"api"}]}"#
        )
        #expect(
            asker.text("/api/v1/labels", [("match[]", "requests_total")], isForm: true)
                == #"{"status":"success","data":["__name__","code","job"]}"#)
        #expect(
            asker.text("/api/v1/label/job/values")
                == #"{"status":"success","data":["api","node"]}"#)
        #expect(
            asker.text("/api/v1/label/job/values", [("limit", "1")])
                == #"{"status":"success","data":["api"],"warnings":["results truncated due to limit"]}"#
        )
    }

    @Test func `names that Grafana escaped are understood`() {
        #expect(
            asker.text("/api/v1/label/U__mount_2e_point/values")
                == #"{"status":"success","data":["/"]}"#)
        #expect(
            asker.text("/api/v1/label/mount.point/values") == #"{"status":"success","data":["/"]}"#)
        #expect(asker.text("/api/v1/label/U__a_zz_b/values") == #"{"status":"success","data":[]}"#)
    }

    @Test func `a range that ends before it starts holds nothing`() {
        #expect(
            asker.text("/api/v1/series", [("match[]", "load"), ("start", "10"), ("end", "5")])
                == #"{"status":"success","data":[]}"#)
    }

    private func suggestions(_ query: String, cursor: Int? = nil) throws -> (
        from: Int, texts: [String]
    ) {
        var fields = [(name: "query", value: query)]
        if let cursor { fields.append(("cursor", "\(cursor)")) }
        let data = try JSON(asker.ask("/api/martlet/v1/complete", fields).body)["data"]
        return (
            data?["from"]?.int ?? -1, (data?["items"]?.items ?? []).compactMap { $0["text"]?.text }
        )
    }

    @Test func `names, labels and values are suggested where they belong`() throws {
        var found = try suggestions("sum(req")
        #expect(found.from == 4 && found.texts == ["requests_total"])
        found = try suggestions("rat")
        #expect(found.texts.first == "rate")
        found = try suggestions("requests_total{co")
        #expect(found.from == 15 && found.texts == ["code"])
        found = try suggestions("requests_total{job=\"api\",code=\"5")
        #expect(found.from == 31 && found.texts == ["500"])
        found = try suggestions("requests_total{code=~\"")
        #expect(found.texts == ["200", "500"])
        found = try suggestions("sum by () (requests_total)", cursor: 8)
        #expect(found.from == 8 && found.texts == ["code", "job"])
        found = try suggestions("rate(load[")
        #expect(found.texts.first == "15m")
        #expect(try suggestions("load # sum(").texts.isEmpty)
        #expect(try suggestions("load > 12").texts.isEmpty)
    }

    @Test func `functions come with their signature and help`() throws {
        let items = try JSON(
            asker.ask("/api/martlet/v1/complete", [("query", "rate")]).body)["data"]?["items"]?
            .items
        let rate = items?.first { $0["text"]?.text == "rate" }
        #expect(rate?["kind"]?.text == "function")
        #expect(rate?["detail"]?.text == "rate(range vector) instant vector")
        #expect(rate?["help"]?.text?.isEmpty == false)
        let texts = items?.compactMap { $0["text"]?.text } ?? []
        #expect(!texts.contains("double_exponential_smoothing"))
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `no unfinished query harms who completes it`(_ seed: UInt64) {
        print("seed \(seed)")
        var state = seed
        let pieces = [
            "sum", "(", ")", "{", "}", "[", "]", "\"", "'", "\\", "by", "=", "~", "!", ",", "#",
            "a", "5", ".", "é", " ", "\n", "offset", ":",
        ]
        for _ in 0..<3000 {
            var text = ""
            for _ in 0..<8 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += pieces[Int(state >> 33) % pieces.count]
            }
            for cursor in 0...text.utf8.count {
                let found = completion(in: text, at: cursor)
                #expect(found.span.end == cursor && found.span.from <= cursor)
            }
        }
    }
}
