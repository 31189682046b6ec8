// A network at rest: magic, version, shape, parameters, CRC32C. A file is taken whole or refused with
// the reason; a network of which a bit has flipped would go on giving numbers that look like answers.

public import Algebra
internal import Bytes

/// Why bytes are no network.
public enum NetworkFileError: Error, Equatable, CustomStringConvertible {
    case notANetwork
    case truncated
    case version(found: Int, known: Int)
    case checksum
    case shape(String)
    case notFinite

    public var description: String {
        switch self {
        case .notANetwork: "these bytes are not a network of Martlet; train it again"
        case .truncated: "the network ends too early; restore the file or train it again"
        case .version(let found, let known):
            "the network has format \(found), this program reads up to \(known); update Martlet"
        case .checksum: "the network's checksum is wrong: a bit has changed; train it again"
        case .shape(let reason): "the network's shape is impossible: \(reason); train it again"
        case .notFinite: "the network holds NaN or infinite weights; train it again"
        }
    }
}

extension Network {
    private static let magic: [UInt8] = Array("MTLN".utf8)
    private static let version = 1
    /// More than a service's judge needs; a larger number is a damaged shape.
    private static let unitsMax = 1 << 16
    private static let layersMax = 64
    private static let parametersMax = 1 << 26
    private static let codes: [Activation] = [.identity, .sigmoid, .tanh, .relu, .softmax]

    /// The network as bytes, little-endian.
    public func encoded() -> [UInt8] {
        var bytes = Network.magic
        append(UInt32(Network.version), to: &bytes)
        append(UInt32(inputs), to: &bytes)
        append(UInt32(layers.count), to: &bytes)
        for layer in layers {
            append(UInt32(layer.units), to: &bytes)
            append(UInt32(Network.codes.firstIndex(of: layer.activation) ?? 0), to: &bytes)
        }
        for value in parameters { append(value.bitPattern, to: &bytes) }
        append(crc32c(bytes), to: &bytes)
        return bytes
    }

    /// The network that ``encoded()`` wrote.
    public init(decoding bytes: [UInt8]) throws(NetworkFileError) {
        guard bytes.starts(with: Network.magic) else { throw .notANetwork }
        var reader = Words(bytes: bytes, place: Network.magic.count)
        let version = Int(try reader.next(UInt32.self))
        guard version == Network.version else {
            throw .version(found: version, known: Network.version)
        }
        guard bytes.count >= 8 else { throw .truncated }
        let end = bytes.count - 4
        var last = Words(bytes: bytes, place: end)
        guard try last.next(UInt32.self) == crc32c(Array(bytes[..<end])) else { throw .checksum }
        let inputs = Int(try reader.next(UInt32.self))
        let count = Int(try reader.next(UInt32.self))
        guard inputs > 0 && inputs <= Network.unitsMax else { throw .shape("\(inputs) inputs") }
        guard count > 0 && count <= Network.layersMax else { throw .shape("\(count) layers") }
        var layers: [(units: Int, activation: Activation)] = []
        for index in 0..<count {
            let units = Int(try reader.next(UInt32.self))
            let code = Int(try reader.next(UInt32.self))
            guard units > 0 && units <= Network.unitsMax else { throw .shape("\(units) units") }
            guard code < Network.codes.count else { throw .shape("activation \(code)") }
            if Network.codes[code] == .softmax && index < count - 1 {
                throw .shape("softmax below the outputs")
            }
            layers.append((units, Network.codes[code]))
        }
        let size = Network.parameterCount(inputs: inputs, layers: layers)
        guard size <= Network.parametersMax else { throw .shape("\(size) parameters") }
        guard end - reader.place == 8 * size else { throw .truncated }
        var parameters: [Double] = []
        parameters.reserveCapacity(size)
        for _ in 0..<size {
            parameters.append(Double(bitPattern: try reader.next(UInt64.self)))
        }
        guard parameters.allSatisfy(\.isFinite) else { throw .notFinite }
        self.init(inputs: inputs, layers: layers, parameters: parameters)
    }
}

private func append<Word: FixedWidthInteger>(_ word: Word, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
}

/// Words of bytes, one after another.
private struct Words {
    let bytes: [UInt8]
    var place: Int

    mutating func next<Word: FixedWidthInteger>(_: Word.Type) throws(NetworkFileError) -> Word {
        let width = MemoryLayout<Word>.size
        guard place + width <= bytes.count else { throw .truncated }
        var word: Word = 0
        for offset in 0..<width {
            word |= Word(truncatingIfNeeded: bytes[place + offset]) << Word(8 * offset)
        }
        place += width
        return word
    }
}
