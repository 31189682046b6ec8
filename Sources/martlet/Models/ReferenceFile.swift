// The reference data set that a configuration names: CSV, or lines in the form in which predictions come
// in. Read once; a file that cannot be read is said, and the first answers serve in its place.

import Basics
import Bytes
import Collect
import Foundation
import Reason
import Serve

/// Reads a reference.
func readReference(
    _ path: String, key: ModelVersion, keepsTexts: Bool, now: Millis
) throws -> PredictionBlock {
    let bytes: [UInt8]
    do {
        bytes = try Files.system.contents(path, bytesMax: 1 << 30)
    } catch {
        throw StartError("the reference of \(key.model) cannot be read: \(error)")
    }
    var block: PredictionBlock?
    if bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") {
        let reading = readPredictions(bytes, now: now, standing: key)
        if let fault = reading.faults.first {
            throw StartError("the reference of \(key.model), \(path): \(fault)")
        }
        block = PredictionBlock.joining(reading.blocks.filter { $0.key.model == key.model })
        block?.key = key
    } else {
        do {
            block = PredictionBlock(try CSVTable(bytes), key: key, time: now)
        } catch {
            throw StartError("the reference of \(key.model), \(path): \(error)")
        }
    }
    guard let block, block.count > 0 else {
        throw StartError("the reference of \(key.model), \(path), has no rows of this model")
    }
    return block.reducingTexts(keeping: nil)
}
