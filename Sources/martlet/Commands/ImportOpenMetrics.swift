// `martlet import openmetrics FILE…`: histories of any age, in pieces that an agent takes in one body.

import ArgumentParser
import Basics
import Bytes
import Foundation

struct ImportOpenMetrics: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openmetrics",
        abstract: "A history of series: OpenMetrics in which each sample has its time.",
        discussion: """
            martlet import openmetrics history.om
            martlet export series 'up' --start 30d | martlet import openmetrics - --url http://other:9797

            Samples of any age are taken: they go into blocks of their days, and into the archive
            where it holds the series. Importing again changes nothing.
            """)

    @Argument(help: "The files; - is standard input.") var files: [String]
    @OptionGroup var door: AgentDoor
    @Flag(help: "Print JSON.") var json = false

    /// Bytes of one body; well under what an agent takes.
    private static let pieceBytes = 24 << 20

    func run() throws {
        let talk = try door.open()
        var total = (accepted: 0, refused: 0, faults: 0)
        for file in files {
            let handle =
                file == "-"
                ? Foundation.FileHandle.standardInput
                : Foundation.FileHandle(forReadingAtPath: file)
            guard let handle else { throw failure("cannot read \(file)") }
            try pieces(of: handle) { piece in
                let answer = try talk.ask(
                    "POST", "/api/martlet/v1/import/openmetrics", body: piece
                ).data
                total.accepted += answer["accepted"]?.int ?? 0
                for (_, count) in answer["refused"]?.fields ?? [] {
                    total.refused += count.int ?? 0
                }
                total.faults += answer["fault_count"]?.int ?? 0
                for fault in answer["faults"]?.items ?? [] {
                    remark("\(file): \(fault.text ?? "")")
                }
            }
        }
        if json {
            print(
                #"{"accepted":\#(total.accepted),"refused":\#(total.refused),"#
                    + #""faults":\#(total.faults)}"#)
        } else {
            print(
                "\(total.accepted) samples kept, \(total.refused) refused, \(total.faults) faults")
        }
        if total.refused + total.faults > 0 { throw ExitCode(1) }
    }

    /// Cuts a stream at the ends of lines.
    private func pieces(of handle: Foundation.FileHandle, _ body: ([UInt8]) throws -> Void) throws {
        var waiting: [UInt8] = []
        while let data = try handle.read(upToCount: 4 << 20), !data.isEmpty {
            waiting += Array(data)
            guard waiting.count >= Self.pieceBytes, let end = waiting.lastIndex(of: 0x0a) else {
                continue
            }
            try body(Array(waiting[...end]))
            waiting.removeFirst(end + 1)
        }
        if !waiting.isEmpty { try body(waiting) }
    }
}
