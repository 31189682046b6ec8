// An answer is read the same in whatever pieces it comes, and what could be read in two ways is a fault.

import Testing

@testable import Carry

/// What an answer said.
private struct Reading: Equatable {
    var statuses: [Int] = []
    var fields: [String] = []
    var body: [UInt8] = []
    var hasHead = false
    var isOver = false
    var keeps = false
    var fault: AnswerFault?
    /// Bytes behind the end.
    var left = 0
}

/// Reads an answer whose bytes come in pieces of these sizes, the last again and again.
private func read(
    _ bytes: [UInt8], pieces: [Int] = [.max], isHead: Bool = false, closes: Bool = true
) -> Reading {
    var reading = Reading()
    var parser = AnswerParser(isHead: isHead)
    var (buffer, sent, piece): ([UInt8], Int, Int) = ([], 0, 0)
    while sent < bytes.count {
        let size = min(max(pieces[min(piece, pieces.count - 1)], 1), bytes.count - sent)
        buffer += bytes[sent..<(sent + size)]
        (sent, piece) = (sent + size, piece + 1)
        var at = 0
        let goesOn = buffer.withUnsafeBufferPointer { all in
            while true {
                switch parser.next(all, &at) {
                case .status(let status):
                    reading.statuses.append(status)
                    reading.fields = []
                case .field(let line, let colon):
                    #expect(all[colon] == UInt8(ascii: ":"))
                    reading.fields.append(String(decoding: all[line], as: UTF8.self))
                case .head: reading.hasHead = true
                case .body(let range): reading.body += all[range]
                case .more: return true
                case .end:
                    reading.isOver = true
                    reading.keeps = parser.keepsConnection
                    reading.left = all.count - at + bytes.count - sent
                    return false
                case .fault(let fault):
                    reading.fault = fault
                    return false
                }
            }
        }
        if !goesOn { return reading }
        buffer.removeFirst(at)
    }
    if closes, parser.endsWithConnection { reading.isOver = true }
    return reading
}

private func read(_ text: String, isHead: Bool = false) -> Reading {
    read(Array(text.utf8), isHead: isHead)
}

private func text(_ reading: Reading) -> String { String(decoding: reading.body, as: UTF8.self) }

@Suite struct AnswerParserTests {
    @Test func `a length, chunks and the connection's end each end a body`() {
        let sized = read("HTTP/1.1 200 OK\r\nContent-Length:  5 \r\nX: a  b\r\n\r\nhello")
        #expect(sized.isOver && sized.keeps && text(sized) == "hello" && sized.left == 0)
        #expect(sized.statuses == [200] && sized.fields == ["Content-Length:  5 ", "X: a  b"])
        let chunked = read(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
                + "5;name=\"v\"\r\nhello\r\nA \r\n, you there\r\n000\r\nX-Sum: 1\r\n\r\n")
        #expect(chunked.fault == .badChunk, "ten bytes were said and eleven came")
        let good = read(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
                + "5;name=\"v\"\r\nhello\r\nb \r\n, you there\r\n000\r\nX-Sum: 1\r\n\r\n")
        #expect(good.isOver && good.keeps && text(good) == "hello, you there")
        #expect(good.fields == ["Transfer-Encoding: Chunked"])
        let open = read("HTTP/1.1 200 OK\r\n\r\nto the end")
        #expect(open.isOver && !open.keeps && text(open) == "to the end")
    }

    @Test func `HEAD, 204 and 304 have no body whatever they say, and 1xx are passed over`() {
        for (status, isHead) in [(200, true), (204, false), (304, false)] {
            let reading = read(
                "HTTP/1.1 \(status) X\r\nContent-Length: 10\r\n\r\nHTTP/1.1", isHead: isHead)
            #expect(reading.isOver && reading.body.isEmpty && reading.left == 8)
        }
        let after = read(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: a\r\n\r\n"
                + "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n")
        #expect(after.statuses == [100, 103, 200] && after.isOver && after.keeps)
        #expect(after.fields == ["Content-Length: 0"])
        #expect(read("HTTP/1.1 101 Switching\r\n\r\n").fault == .switched)
    }

    @Test func `a connection is not kept after HTTP/1.0, close, or an end that only it says`() {
        #expect(!read("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").keeps)
        #expect(!read("HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n").keeps)
        #expect(read("HTTP/1.1 200 OK\r\nConnection: closed\r\nContent-Length: 0\r\n\r\n").keeps)
    }

    @Test func `what could be read in two ways is a fault`() {
        let head = "HTTP/1.1 200 OK\r\n"
        let faults: [(String, AnswerFault)] = [
            (head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", .twoLengths),
            (head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", .twoLengths),
            (head + "Content-Length: 5, 5\r\n\r\n", .badLength),
            (head + "Content-Length: -1\r\n\r\n", .badLength),
            (head + "Content-Length: +5\r\n\r\n", .badLength),
            (head + "Content-Length:\r\n\r\n", .badLength),
            (head + "Content-Length: 9999999999999999999\r\n\r\n", .badLength),
            (head + "Transfer-Encoding: gzip, chunked\r\n\r\n", .unknownCoding),
            (
                head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                .unknownCoding
            ),
            (head + "Transfer-Encoding : chunked\r\n\r\n", .badLine),
            (head + "X: a\r\n folded\r\n\r\n", .badLine),
            (head + ": a\r\n\r\n", .badLine),
            (head + "no colon\r\n\r\n", .badLine),
            (head + "X: a\u{0}b\r\n\r\n", .badLine),
            (head + "X: a\rY: b\r\n\r\n", .badLine),
            (head + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n", .badChunk),
            (head + "Transfer-Encoding: chunked\r\n\r\n;a\r\nhello\r\n", .badChunk),
            (head + "Transfer-Encoding: chunked\r\n\r\n-1\r\n", .badChunk),
            (head + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", .badChunk),
            ("HTTP/2 200 OK\r\n\r\n", .noHTTP), ("HTTP/1.1 20 OK\r\n\r\n", .noHTTP),
            ("HTTP/1.1 2000 OK\r\n\r\n", .noHTTP), ("HTTP/1.1 099 OK\r\n\r\n", .noHTTP),
            ("HTTP/1.x 200 OK\r\n\r\n", .noHTTP), ("\r\n", .noHTTP),
            ("ICY 200 OK\r\n\r\n", .noHTTP),
        ]
        for (answer, fault) in faults {
            let reading = read(answer)
            #expect(reading.fault == fault && !fault.words.isEmpty, "\(answer.debugDescription)")
        }
        // The same length twice is one length.
        let twice = read(head + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx")
        #expect(twice.isOver && text(twice) == "x")
        // A line's end may be a line feed alone.
        #expect(text(read("HTTP/1.1 200 OK\nContent-Length: 1\n\nx")) == "x")
    }

    @Test func `an endless head, chunk line and trailer are given up`() {
        let long = String(repeating: "a", count: AnswerParser.lineBytesMax)
        let many = String(repeating: "X: aaaaaaaaaaaaaaaa\r\n", count: 4000)
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        let interim = String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 4000)
        let starts = [
            long + "a", "HTTP/1.1 200 " + long, "HTTP/1.1 200 OK\r\nX: " + long,
            "HTTP/1.1 200 OK\r\n" + many, interim, chunked + "5;" + long, chunked + "0\r\n" + many,
        ]
        for start in starts {
            let reading = read(start)
            #expect(reading.fault == .longLine && !reading.isOver, "\(start.prefix(60))")
        }
        // Not of a body's chunks together.
        let small = read(chunked + String(repeating: "1\r\nx\r\n", count: 20_000) + "0\r\n\r\n")
        #expect(small.isOver && small.body.count == 20_000)
    }

    @Test func `in pieces, answers are read as they are whole`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = Dice(seed)
        for _ in 0..<400 {
            let bytes = random.answer()
            let whole = read(bytes)
            #expect(whole.fault == nil && whole.hasHead, "seed \(seed)")
            #expect(read(bytes, pieces: [1]) == whole, "seed \(seed)")
            let pieces = (0..<20).map { _ in random.below(40) }
            #expect(read(bytes, pieces: pieces) == whole, "seed \(seed)")
        }
    }

    @Test func `broken answers end in words, the same in any pieces, and never beyond their bytes`()
    {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = Dice(seed)
        let scraps = [
            "\r", "\n", "\r\n", ":", "\0", " ", "0", "fffffff", ";", "Content-Length: 3\r\n",
        ]
        for _ in 0..<4000 {
            var bytes = random.answer(bodyMax: 60)
            for _ in 0...random.below(3) {
                let at = random.below(bytes.count)
                switch random.below(4) {
                case 0: bytes[at] = UInt8(random.below(256))
                case 1: bytes.removeSubrange(at..<min(bytes.count, at + 1 + random.below(9)))
                case 2:
                    bytes.insert(contentsOf: scraps[random.below(scraps.count)].utf8, at: at)
                default: bytes.append(contentsOf: bytes[..<at])
                }
                if bytes.isEmpty { bytes = [0] }
            }
            let isHead = random.below(8) == 0
            let whole = read(bytes, isHead: isHead)
            #expect(whole.body.count <= bytes.count, "seed \(seed)")
            #expect(read(bytes, pieces: [1], isHead: isHead) == whole, "seed \(seed), \(bytes)")
        }
    }
}

/// Random answers.
private struct Dice {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return Int((word ^ word >> 31) >> 11) % max(bound, 1)
    }

    mutating func answer(bodyMax: Int = 3000) -> [UInt8] {
        var head = below(4) == 0 ? "HTTP/1.1 100 Continue\r\nX: 1\r\n\r\n" : ""
        head += "HTTP/1.\(below(5) == 0 ? 0 : 1) \(200 + below(3)) OK\r\n"
        for number in 0..<below(6) {
            head += "X-\(number): \(String(repeating: "v", count: below(50)))\r\n"
        }
        let body = (0..<below(bodyMax)).map { _ in UInt8(below(256)) }
        switch below(3) {
        case 0:
            return Array((head + "Content-Length: \(body.count)\r\n\r\n").utf8) + body
        case 1:
            return Array((head + "\r\n").utf8) + body
        default:
            var bytes = Array((head + "Transfer-Encoding: chunked\r\n\r\n").utf8)
            var rest = body[...]
            while !rest.isEmpty {
                let size = 1 + below(min(rest.count, 500))
                let extra = below(3) == 0 ? ";a=b" : ""
                bytes += Array((String(size, radix: 16) + extra + "\r\n").utf8)
                bytes += rest.prefix(size) + [13, 10]
                rest = rest.dropFirst(size)
            }
            return bytes + Array("0\r\n\(below(2) == 0 ? "T: 1\r\n" : "")\r\n".utf8)
        }
    }
}
