// XML for reports: start, end, text, in the order in which they stand. Small on purpose, because what
// it leaves out is what hurts: a document type with declarations is refused (that is where bombs and
// references to files live), one that only names a file is passed over and never fetched, and the five
// entities that XML itself has are the only ones.

internal import Basics

/// A piece of a document.
enum XMLToken: Equatable {
    case start(name: String, attributes: [String: String], depth: Int)
    case end(name: String, depth: Int)
    case text(String)
}

/// Reads XML from bytes.
struct XMLReader {
    /// Reports are under 10 deep; nested suites a little more.
    static let depthMax = 64
    static let attributesMax = 128
    /// A failure's message stands in an attribute in some reports.
    static let attributeBytesMax = 1 << 20

    private let bytes: [UInt8]
    private var offset = 0
    private var open: [String] = []
    private var pendingEnd: String?
    private var hasRoot = false
    private let wantsText: Bool

    init(_ bytes: [UInt8], wantsText: Bool = false) throws(DeliveryError) {
        self.bytes = bytes
        self.wantsText = wantsText
        if bytes.count > Limits.bodyBytesMax {
            throw DeliveryError("too_large", "XML of more than \(Limits.bodyBytesMax) bytes")
        }
        if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
            throw DeliveryError("bad_xml", "the document is UTF-16; write it as UTF-8")
        }
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { offset = 3 }
    }

    /// The next piece; nil at the end of the document.
    mutating func next() throws(DeliveryError) -> XMLToken? {
        if let name = pendingEnd {
            pendingEnd = nil
            open.removeLast()
            return .end(name: name, depth: open.count + 1)
        }
        while offset < bytes.count {
            if bytes[offset] != 0x3c {
                let start = offset
                while offset < bytes.count, bytes[offset] != 0x3c { offset += 1 }
                if wantsText, !open.isEmpty { return .text(try decoded(start..<offset)) }
                if open.isEmpty, bytes[start..<offset].contains(where: { !isSpace($0) }) {
                    throw fault("text outside the root element")
                }
            } else if starts("<!--") {
                try skip(past: "-->", "a comment that does not end")
            } else if starts("<![CDATA[") {
                let start = offset + 9
                try skip(past: "]]>", "a CDATA section that does not end")
                if wantsText {
                    return .text(String(decoding: bytes[start..<(offset - 3)], as: UTF8.self))
                }
            } else if starts("<?") {
                try skip(past: "?>", "an instruction that does not end")
            } else if starts("<!DOCTYPE") {
                try skipDoctype()
            } else if starts("<!") {
                throw fault("a declaration")
            } else if starts("</") {
                return try endTag()
            } else {
                return try startTag()
            }
        }
        if let name = open.last { throw fault("<\(name.prefix(40))> does not end") }
        if !hasRoot { throw DeliveryError("empty", "the document has no element") }
        return nil
    }

    private mutating func startTag() throws(DeliveryError) -> XMLToken {
        offset += 1
        let name = try name()
        if open.isEmpty && hasRoot { throw fault("a second root element") }
        hasRoot = true
        var attributes: [String: String] = [:]
        while true {
            skipSpace()
            guard offset < bytes.count else { throw fault("a tag that does not end") }
            if bytes[offset] == 0x3e || bytes[offset] == 0x2f { break }
            let key = try self.name()
            skipSpace()
            guard offset < bytes.count, bytes[offset] == 0x3d else { throw fault("'=' is missing") }
            offset += 1
            skipSpace()
            guard offset < bytes.count, bytes[offset] == 0x22 || bytes[offset] == 0x27 else {
                throw fault("a quote is missing")
            }
            let quote = bytes[offset]
            offset += 1
            let start = offset
            while offset < bytes.count, bytes[offset] != quote { offset += 1 }
            guard offset < bytes.count else { throw fault("an attribute that does not end") }
            guard offset - start <= XMLReader.attributeBytesMax else {
                throw fault("an attribute of more than \(XMLReader.attributeBytesMax) bytes")
            }
            attributes[key] = try decoded(start..<offset)
            offset += 1
            if attributes.count > XMLReader.attributesMax { throw fault("too many attributes") }
        }
        let isEmpty = bytes[offset] == 0x2f
        offset += isEmpty ? 2 : 1
        guard offset <= bytes.count, bytes[offset - 1] == 0x3e else {
            throw fault("'>' is missing")
        }
        if open.count >= XMLReader.depthMax {
            throw fault("elements nested deeper than \(XMLReader.depthMax)")
        }
        open.append(name)
        if isEmpty { pendingEnd = name }
        return .start(name: name, attributes: attributes, depth: open.count)
    }

    private mutating func endTag() throws(DeliveryError) -> XMLToken {
        offset += 2
        let name = try name()
        skipSpace()
        guard offset < bytes.count, bytes[offset] == 0x3e else { throw fault("'>' is missing") }
        offset += 1
        guard open.last == name else { throw fault("</\(name.prefix(40))> ends nothing") }
        open.removeLast()
        return .end(name: name, depth: open.count + 1)
    }

    private mutating func skipDoctype() throws(DeliveryError) {
        if hasRoot { throw fault("a document type behind the root") }
        while offset < bytes.count, bytes[offset] != 0x3e {
            if bytes[offset] == 0x5b {
                throw DeliveryError(
                    "xml_declarations", "a document type with declarations is refused")
            }
            offset += 1
        }
        offset += 1
    }

    private mutating func name() throws(DeliveryError) -> String {
        let start = offset
        while offset < bytes.count, isNameByte(bytes[offset]) { offset += 1 }
        guard offset > start, offset - start <= 512 else { throw fault("a name is missing") }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x3a, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x80...0xff: true
        default: false
        }
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

    private mutating func skipSpace() {
        while offset < bytes.count, isSpace(bytes[offset]) { offset += 1 }
    }

    private func starts(_ text: StaticString) -> Bool {
        guard offset + text.utf8CodeUnitCount <= bytes.count else { return false }
        for index in 0..<text.utf8CodeUnitCount where bytes[offset + index] != text.utf8Start[index]
        {
            return false
        }
        return true
    }

    private mutating func skip(past text: StaticString, _ reason: String) throws(DeliveryError) {
        while offset < bytes.count {
            if starts(text) {
                offset += text.utf8CodeUnitCount
                return
            }
            offset += 1
        }
        throw fault(reason)
    }

    /// A text with its references replaced; each stands for one character, so nothing can grow.
    private func decoded(_ range: Range<Int>) throws(DeliveryError) -> String {
        guard bytes[range].contains(0x26) else {
            return String(decoding: bytes[range], as: UTF8.self)
        }
        var result: [UInt8] = []
        var index = range.lowerBound
        while index < range.upperBound {
            guard bytes[index] == 0x26 else {
                result.append(bytes[index])
                index += 1
                continue
            }
            guard let end = bytes[index..<min(index + 12, range.upperBound)].firstIndex(of: 0x3b)
            else {
                throw fault("a reference that does not end")
            }
            let name = String(decoding: bytes[(index + 1)..<end], as: UTF8.self)
            switch name {
            case "amp": result.append(0x26)
            case "lt": result.append(0x3c)
            case "gt": result.append(0x3e)
            case "quot": result.append(0x22)
            case "apos": result.append(0x27)
            default:
                guard name.hasPrefix("#") else { throw fault("the unknown entity &\(name);") }
                let isHex = name.hasPrefix("#x") || name.hasPrefix("#X")
                let code = UInt32(name.dropFirst(isHex ? 2 : 1), radix: isHex ? 16 : 10)
                let scalar = code.flatMap(Unicode.Scalar.init) ?? "\u{fffd}"
                result += Array(String(Character(scalar)).utf8)
            }
            index = end + 1
        }
        return String(decoding: result, as: UTF8.self)
    }

    private func fault(_ reason: String) -> DeliveryError {
        let line = bytes[..<min(offset, bytes.count)].count { $0 == 0x0a } + 1
        return DeliveryError("bad_xml", "line \(line): \(reason)")
    }
}
