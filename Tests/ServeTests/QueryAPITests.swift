// The query API's shapes: what Prometheus 2.42 and 3.5 answer to the same requests, byte for byte.

import Basics
import Bytes
import Carry
import Query
import Serve
import Testing

@Suite struct QueryAPITests {
    private let asker = Asker()
    private let query = "/api/v1/query"
    private let range = "/api/v1/query_range"

    @Test func `an instant query has the shape of its value`() {
        #expect(
            asker.text(query, [("query", "1/0"), ("time", "4")])
                == #"{"status":"success","data":{"resultType":"scalar","result":[4,"+Inf"]}}"#)
        #expect(
            asker.text(query, [("query", "\"a<b\""), ("time", "1.5")])
                == #"{"status":"success","data":{"resultType":"string","result":[1.5,"a\u003cb"]}}"#
        )
        #expect(
            asker.text(query, [("query", "load")])
                == #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"load","job":"node"},"value":[1800000000,"120"]}]}}"#
        )
        #expect(
            asker.text(query, [("query", "load[20s]"), ("time", "1800000000.250")])
                == #"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"load","job":"node"},"values":[[1799999985,"117"],[1800000000,"120"]]}]}}"#
        )
        #expect(
            asker.text(query, [("query", "vector(1e21)"), ("time", "1.0004")])
                == #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1e+21"]}]}}"#
        )
    }

    @Test func `Grafana's health check is answered for 1970`() {
        #expect(
            asker.text(query, [("query", "1+1"), ("time", "4")], isForm: true)
                == #"{"status":"success","data":{"resultType":"scalar","result":[4,"2"]}}"#)
    }

    @Test func `a range query takes fractions of a second as its step`() {
        #expect(
            asker.text(
                range, [("query", "time()"), ("start", "1"), ("end", "2"), ("step", "0.5")],
                isForm: true)
                == #"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"],[1.500,"1.5"],[2,"2"]]}]}}"#
        )
    }

    @Test(arguments: [
        (
            "query", "",
            "invalid parameter \"query\": 1:1: parse error: no expression found in input"
        ),
        (
            "query", "query=up +",
            "invalid parameter \"query\": 1:5: parse error: unexpected end of input"
        ),
        (
            "query", "query=up&time=abc",
            "invalid parameter \"time\": Invalid time value for 'time': cannot parse \"abc\" to a valid timestamp"
        ),
        (
            "query", "query=up&timeout=abc",
            "invalid parameter \"timeout\": cannot parse \"abc\" to a valid duration"
        ),
        (
            "query", "query=up&lookback_delta=abc",
            "error parsing lookback delta duration: cannot parse \"abc\" to a valid duration"
        ),
        ("query", "query=up&limit=-1", "invalid parameter \"limit\": limit must be non-negative"),
        (
            "query_range", "query=up",
            "invalid parameter \"start\": cannot parse \"\" to a valid timestamp"
        ),
        (
            "query_range", "query=up&start=1",
            "invalid parameter \"end\": cannot parse \"\" to a valid timestamp"
        ),
        (
            "query_range", "query=up&start=1&end=0&step=1",
            "invalid parameter \"end\": end timestamp must not be before start time"
        ),
        (
            "query_range", "query=up&start=1&end=2",
            "invalid parameter \"step\": cannot parse \"\" to a valid duration"
        ),
        (
            "query_range", "query=up&start=1&end=2&step=0",
            "invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer"
        ),
        (
            "query_range", "query=up&start=1&end=200000&step=1",
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"
        ),
        (
            "query_range", "query=up[5m]&start=1&end=2&step=1",
            "invalid parameter \"query\": invalid expression type \"range vector\" for range query, must be Scalar or instant Vector"
        ),
        (
            "format_query", "query=sum(",
            "invalid parameter \"query\": 1:5: parse error: unclosed left parenthesis"
        ),
        ("series", "", "no match[] parameter provided"),
        (
            "series", "match[]=up&start=x",
            "invalid parameter \"start\": Invalid time value for 'start': cannot parse \"x\" to a valid timestamp"
        ),
        (
            "series", "match[]=",
            "invalid parameter \"match[]\": 1:1: parse error: unexpected end of input"
        ),
        (
            "series", "match[]={}",
            "invalid parameter \"match[]\": match[] must contain at least one non-empty matcher"
        ),
        ("metadata", "limit=x", "limit must be a number"),
        (
            "query_exemplars", "",
            "invalid parameter \"query\": 1:1: parse error: no expression found in input"
        ),
    ])
    func `bad parameters are named as Prometheus names them`(
        _ path: String, _ fields: String, _ reason: String
    ) throws {
        let pairs = fields.split(separator: "&").map { field in
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: String(parts[0]), value: String(parts[1]))
        }
        let response = asker.ask("/api/v1/" + path, pairs)
        #expect(response.status == 400)
        let document = try JSON(response.body)
        #expect(document["status"]?.text == "error")
        #expect(document["errorType"]?.text == "bad_data")
        #expect(document["error"]?.text == reason)
    }

    @Test func `a fault in a query carries its bytes for the page`() throws {
        let document = try JSON(asker.ask(query, [("query", "sum(1) + rate(up)")]).body)
        #expect(document["position"]?["from"]?.int == 4)
        #expect(document["position"]?["through"]?.int == 5)
    }

    @Test func `what cannot be computed is 422`() throws {
        let response = asker.ask(
            query, [("query", "label_replace(load, \"a\", \"\", \"\", \"(\")")])
        #expect(response.status == 422)
        #expect(try JSON(response.body)["errorType"]?.text == "execution")
    }

    @Test func `a limit cuts the result and says so`() throws {
        let document = try JSON(
            asker.ask(query, [("query", "requests_total"), ("limit", "1")]).body)
        #expect(document["data"]?["result"]?.items?.count == 1)
        #expect(document["warnings"]?.items?.first?.text == "results truncated due to limit")
        let whole = try JSON(
            asker.ask(query, [("query", "requests_total"), ("limit", "2")]).body)
        #expect(whole["data"]?["result"]?.items?.count == 2)
        #expect(whole["warnings"] == nil)
    }

    @Test func `too many samples are refused with the limit's name and size`() throws {
        var limits = QueryLimits()
        limits.samplesMax = 50
        let response = Asker(limits: limits).ask(
            query, [("query", "sum(rate(requests_total[10m]))")])
        #expect(response.status == 422)
        let reason = try JSON(response.body)["error"]?.text ?? ""
        #expect(reason.contains("too many samples") && reason.contains("50"))
        #expect(reason.contains("query.max_samples"))
    }

    @Test func `time in the queue counts against the timeout`() throws {
        let response = asker.ask(
            query, [("query", "load"), ("timeout", "2s")], waited: .seconds(3))
        #expect(response.status == 503)
        let document = try JSON(response.body)
        #expect(document["errorType"]?.text == "timeout")
        #expect(document["error"]?.text?.contains("2 s") == true)
    }

    @Test func `a query of somebody who hung up is cancelled`() throws {
        var request = HTTPRequest(path: query, query: [("query", "sum(load)")])
        request.isCancelled = { true }
        guard case .found(let route, _) = asker.router.match("GET", query) else {
            Issue.record("no route")
            return
        }
        let response = route.handler(request)
        #expect(response.status == 499)
        #expect(try JSON(response.body)["errorType"]?.text == "canceled")
    }

    @Test func `the lookback is the request's when it names one`() {
        let late = [(name: "query", value: "load"), (name: "time", value: "1800000100")]
        #expect(asker.text(query, late).contains("\"120\""))
        #expect(!asker.text(query, late + [("lookback_delta", "30s")]).contains("\"120\""))
    }

    @Test func `statistics come when they are asked for`() throws {
        let without = try JSON(asker.ask(query, [("query", "load")]).body)
        #expect(without["data"]?["stats"] == nil)
        let fields = [
            (name: "query", value: "rate(load[1m])"), (name: "start", value: "1799999940"),
            (name: "end", value: "1800000000"), (name: "step", value: "60"),
            (name: "stats", value: "all"),
        ]
        let stats = try JSON(asker.ask(range, fields).body)["data"]?["stats"]
        // Two windows of four samples.
        #expect(stats?["samples"]?["totalQueryableSamples"]?.int == 8)
        #expect((stats?["samples"]?["peakSamples"]?.int ?? 0) >= 8)
        for name in [
            "evalTotalTime", "resultSortTime", "queryPreparationTime", "innerEvalTime",
            "execQueueTime", "execTotalTime",
        ] {
            #expect(stats?["timings"]?[name]?.double != nil, "\(name)")
        }
    }

    @Test func `queries are formatted and taken apart`() {
        #expect(
            asker.text("/api/v1/format_query", [("query", "sum(up)by(job)")])
                == #"{"status":"success","data":"sum by (job) (up)"}"#)
        #expect(
            asker.text("/api/v1/parse_query", [("query", "-up{a!=\"b\"} offset 1m @ 2")])
                == #"{"status":"success","data":{"expr":{"matchers":[{"name":"a","type":"!=","value":"b"},{"name":"__name__","type":"=","value":"up"}],"name":"up","offset":60000,"startOrEnd":null,"timestamp":2000,"type":"vectorSelector"},"op":"-","type":"unaryExpr"}}"#
        )
        #expect(
            asker.text("/api/v1/parse_query", [("query", "a > bool on (x) group_left (y) b")])
                == #"{"status":"success","data":{"bool":true,"lhs":{"matchers":[{"name":"__name__","type":"=","value":"a"}],"name":"a","offset":0,"startOrEnd":null,"timestamp":null,"type":"vectorSelector"},"matching":{"card":"many-to-one","include":["y"],"labels":["x"],"on":true},"op":"\u003e","rhs":{"matchers":[{"name":"__name__","type":"=","value":"b"}],"name":"b","offset":0,"startOrEnd":null,"timestamp":null,"type":"vectorSelector"},"type":"binaryExpr"}}"#
        )
        #expect(
            asker.text("/api/v1/parse_query", [("query", "round(x[5m:1m] @ end(), 1)")])
                .contains("parse error"))
        #expect(
            asker.text("/api/v1/parse_query", [("query", "sum_over_time(x[5m:1m] @ end())")])
                == #"{"status":"success","data":{"args":[{"expr":{"matchers":[{"name":"__name__","type":"=","value":"x"}],"name":"x","offset":0,"startOrEnd":null,"timestamp":null,"type":"vectorSelector"},"offset":0,"range":300000,"startOrEnd":"end","step":60000,"timestamp":null,"type":"subquery"}],"func":{"argTypes":["matrix"],"name":"sum_over_time","returnType":"vector","variadic":0},"type":"call"}}"#
        )
    }

    @Test func `exemplars are none, not missing`() {
        let answer = #"{"status":"success","data":[]}"#
        #expect(asker.text("/api/v1/query_exemplars", [("query", "load")], isForm: true) == answer)
    }

    @Test func `experimental functions are off until the feature is on`() {
        let query = [(name: "query", value: "mad_over_time(load[5m])")]
        #expect(asker.ask(self.query, query).status == 400)
        let bold = Asker(parser: ParserOptions(experimentalFunctions: true))
        #expect(bold.ask(self.query, query).status == 200)
    }

    @Test func `an explained query tells what each node yielded`() throws {
        let data = try JSON(
            asker.ask("/api/martlet/v1/explain", [("query", "sum(rate(requests_total[5m])) * 2")])
                .body)["data"]
        #expect(data?["node"]?.text == "sum(rate(requests_total[5m])) * 2")
        #expect(data?["series"]?.int == 1)
        let sum = data?["children"]?.items?.first
        #expect(sum?["node"]?.text == "sum(rate(requests_total[5m]))")
        let rate = sum?["children"]?.items?.first
        #expect(rate?["series"]?.int == 2)
        let leaf = rate?["children"]?.items?.first
        #expect(leaf?["node"]?.text == "requests_total[5m]")
        #expect(leaf?["cells"]?.int == 40)
        #expect(data?["millis"]?.double != nil && data?["selfMillis"]?.double != nil)
    }
}
