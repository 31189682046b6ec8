// What several tests need: files, numbers from a seed, engines over a few series.

import Basics
import Glibc
import Query

/// Reads a whole file; nil when it cannot be opened.
func contents(of path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = fread(&buffer, 1, buffer.count, file)
        if count == 0 { break }
        bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// The folder of this package's test, as an absolute path.
let testFolder = "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/")

/// Where shared data lies: `MARTLET_DATA`, or `../shared/data` beside the package.
let dataFolder: String = {
    if let path = getenv("MARTLET_DATA") { return String(cString: path) }
    return "\(testFolder)/../../../shared/data"
}()

/// Steele, Lea and Flood's SplitMix64: the same numbers from the same seed, everywhere.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int.random(in: 0..<choices.count, using: &self)]
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

/// Everything that the language has.
let everything = ParserOptions(experimentalFunctions: true, durationExpressions: true)

/// A source with the series of a script's `load` block.
func memory(_ lines: String..., step: Millis = 10_000) throws -> MemorySource {
    let memory = MemorySource()
    for line in lines {
        let (labels, items) = try parseSeriesDescription(line)
        for (index, item) in items.enumerated() {
            if case .value(let value) = item { memory.append(labels, Millis(index) * step, value) }
        }
    }
    return memory
}
