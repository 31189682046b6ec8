// How a model's state becomes bytes and comes back to the same bits: a version in front, little-endian
// numbers, a checksum behind. Damage and other versions are errors, never a model that is a little wrong.

internal import Bytes

/// Why a stored model cannot be resumed.
public struct ModelStateError: Error, Equatable, CustomStringConvertible {
    public var reason: String
    public init(_ reason: String) { self.reason = reason }
    public var description: String { "model state: \(reason); the model must be learnt anew" }
}

/// Appends numbers.
struct StateWriter {
    private(set) var bytes: [UInt8]

    init(version: UInt8) { bytes = [version] }

    mutating func write(_ value: Double) {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }

    mutating func write(_ values: [Double]) { for value in values { write(value) } }

    mutating func write(_ values: [Float]) {
        for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 } }
    }

    mutating func write(_ value: Int64) {
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    mutating func append(_ more: [UInt8]) {
        write(Int64(more.count))
        bytes += more
    }

    /// The bytes with their checksum.
    func finished() -> [UInt8] {
        var all = bytes
        withUnsafeBytes(of: crc32c(bytes).littleEndian) { all += $0 }
        return all
    }
}

/// Reads them back.
struct StateReader {
    private let bytes: [UInt8]
    private var at = 1

    init(_ all: [UInt8], version: UInt8) throws(ModelStateError) {
        guard all.count > 5 else { throw ModelStateError("\(all.count) bytes are no state") }
        guard all[0] == version else {
            throw ModelStateError("version \(all[0]) where this program writes \(version)")
        }
        let body = Array(all.dropLast(4))
        let stored = all.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard crc32c(body) == stored else { throw ModelStateError("the checksum does not fit") }
        bytes = body
    }

    private mutating func word(_ count: Int) throws(ModelStateError) -> UInt64 {
        guard at + count <= bytes.count else { throw ModelStateError("it ends too early") }
        var value: UInt64 = 0
        for index in (0..<count).reversed() { value = value << 8 | UInt64(bytes[at + index]) }
        at += count
        return value
    }

    mutating func double() throws(ModelStateError) -> Double { Double(bitPattern: try word(8)) }

    mutating func integer() throws(ModelStateError) -> Int64 { Int64(bitPattern: try word(8)) }

    mutating func doubles(_ count: Int) throws(ModelStateError) -> [Double] {
        var values: [Double] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try double()) }
        return values
    }

    mutating func floats(_ count: Int) throws(ModelStateError) -> [Float] {
        var values: [Float] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(Float(bitPattern: UInt32(try word(4)))) }
        return values
    }

    mutating func blob() throws(ModelStateError) -> [UInt8] {
        let count = try integer()
        guard count >= 0, count <= Int64(bytes.count - at) else {
            throw ModelStateError("it ends too early")
        }
        defer { at += Int(count) }
        return Array(bytes[at..<at + Int(count)])
    }

    /// Nothing may be left.
    func finish() throws(ModelStateError) {
        if at != bytes.count { throw ModelStateError("\(bytes.count - at) bytes too many") }
    }
}
