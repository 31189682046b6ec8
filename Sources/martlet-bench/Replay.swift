// Recorded expositions, written into a data folder as an agent would have written them: page by page,
// a step of time apart, with the upkeep between. `Benchmarks/disk.py` records the pages, gives the
// same ones to Prometheus, and compares what lies on disk.

import Basics
import Collect
import Glibc
import Keep

enum Replay {
    /// Fills a folder.
    ///
    /// - Parameter pages: a file of pages, each its length in decimal digits, a line feed, its bytes.
    static func run(folder: String, pages: String, start: Millis, step: Millis) throws {
        let clock = ManualClock(now: start)
        let (keeper, _) = try SeriesKeeper.open(
            folder: folder, options: SeriesKeeperOptions(), files: .system, clock: clock.clock,
            registry: Registry())
        guard let file = fopen(pages, "r") else {
            throw ReplayError(reason: "cannot open \(pages)")
        }
        defer { fclose(file) }
        var ids: [[UInt8]: SeriesID] = [:]
        var count = 0
        while let page = try next(file) {
            _ = try keeper.append(batch(page, at: clock.now, keeper, &ids))
            count += 1
            if count % 20 == 0 { keeper.maintain(now: clock.now) }
            clock.advance(by: .milliseconds(step))
        }
        keeper.maintain(now: clock.now)
        try keeper.close()
    }

    private static func batch(
        _ page: [UInt8], at time: Millis, _ keeper: SeriesKeeper, _ ids: inout [[UInt8]: SeriesID]
    ) throws -> SampleBatch {
        var batch = SampleBatch()
        try page.withUnsafeBytes { raw in
            var parser = ExpositionParser(raw, openMetrics: false)
            var reader = SeriesText()
            while let entry = try parser.next() {
                guard entry == .sample else { continue }
                let text = Array(raw[parser.series])
                if ids[text] == nil {
                    let labels = try reader.labels(parser.seriesBytes, kind: parser.kind)
                    let all = labels.map { ($0.name, $0.value) } + [("job", "node")]
                    if case .success(let id) = keeper.resolve(Labels(all)) { ids[text] = id }
                }
                if let id = ids[text] { batch.append(id, time, parser.value) }
            }
        }
        return batch
    }

    private static func next(_ file: UnsafeMutablePointer<FILE>) throws -> [UInt8]? {
        var length = 0
        var byte = getc(file)
        guard byte != EOF else { return nil }
        while byte >= 48 && byte <= 57 {
            length = length * 10 + Int(byte - 48)
            byte = getc(file)
        }
        var page = [UInt8](repeating: 0, count: length)
        guard fread(&page, 1, length, file) == length else {
            throw ReplayError(reason: "a page is cut short")
        }
        return page
    }
}

struct ReplayError: Error, CustomStringConvertible {
    var reason: String
    var description: String { reason }
}
