// Regular expressions: PCRE2 with its compiler to machine code, made to behave as RE2, because the
// expressions in people's rules were written for RE2. What RE2 refuses is refused here (see
// Pattern+RE2.swift), and a match that runs into its limit is an error, never a silent non-match.
// A pattern that is only a list of literals never reaches PCRE2.

internal import CPCRE2

/// A compiled regular expression; may be used from any thread.
public final class Pattern: Sendable {
    public let source: String
    /// The texts that a fully anchored pattern can match, when they are few: `a|b|c`.
    public let alternatives: [String]?
    private let code: Code
    private let isAnchored: Bool

    /// Owns the compiled code.
    ///
    /// It is written once, before anybody sees it, and only read after that.
    private struct Code: @unchecked Sendable {  // PCRE2 documents compiled code as safe to share.
        let pointer: OpaquePointer
    }

    /// Compiles an expression.
    ///
    /// - Parameters:
    ///   - source: an expression in RE2's syntax.
    ///   - anchored: true when the whole text must match, as in label matchers.
    /// - Throws: ``PatternError``, with the place of the fault.
    public init(_ source: String, anchored: Bool) throws(PatternError) {
        if let refusal = refusedByRE2(source) { throw refusal }
        var options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C
        if anchored { options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOTALL }
        var errorCode: Int32 = 0
        var errorOffset = 0
        var text = source
        let compiled = text.withUTF8 { bytes in
            pcre2_compile_8(bytes.baseAddress, bytes.count, options, &errorCode, &errorOffset, nil)
        }
        guard let compiled else {
            throw PatternError(
                pattern: source, offset: errorOffset, reason: Pattern.message(errorCode))
        }
        pcre2_jit_compile_8(compiled, PCRE2_JIT_COMPLETE)
        self.source = source
        self.isAnchored = anchored
        self.code = Code(pointer: compiled)
        self.alternatives = anchored ? literalAlternatives(source) : nil
    }

    deinit { pcre2_code_free_8(code.pointer) }

    /// Tests a text.
    ///
    /// - Throws: ``PatternError`` when the work exceeded ``Limits/patternSteps``.
    public func matches(_ text: String) throws(PatternError) -> Bool {
        if let alternatives {
            return alternatives.contains { $0.utf8.elementsEqual(text.utf8) }
        }
        var text = text
        let result = text.withUTF8 { run(UnsafeRawBufferPointer($0), from: 0) { _ in } }
        return try outcome(result)
    }

    /// Tests bytes that need not be valid UTF-8; invalid bytes never match.
    public func matches(_ bytes: UnsafeRawBufferPointer) throws(PatternError) -> Bool {
        let result = run(bytes, from: 0) { _ in }
        return result == PCRE2_ERROR_UTF8_ERR1 ? false : try outcome(result)
    }

    /// Finds the first match at or after an offset.
    ///
    /// - Returns: byte ranges of the match and its groups (nil where a group took no part), or nil.
    public func firstMatch(
        in bytes: UnsafeRawBufferPointer, from offset: Int = 0
    ) throws(PatternError) -> [Range<Int>?]? {
        var ranges: [Range<Int>?] = []
        let result = run(bytes, from: offset) { data in
            guard let ends = pcre2_get_ovector_pointer_8(data) else { return }
            for group in 0..<Int(pcre2_get_ovector_count_8(data)) {
                let (start, end) = (ends[2 * group], ends[2 * group + 1])
                ranges.append(start == Int.max || start == -1 || start > end ? nil : start..<end)
            }
        }
        return try outcome(result) ? ranges : nil
    }

    /// The names of named groups and their numbers.
    public var groupNames: [String: Int] {
        var count: UInt32 = 0
        var size: UInt32 = 0
        var table: UnsafePointer<UInt8>?
        pcre2_pattern_info_8(code.pointer, UInt32(PCRE2_INFO_NAMECOUNT), &count)
        pcre2_pattern_info_8(code.pointer, UInt32(PCRE2_INFO_NAMEENTRYSIZE), &size)
        pcre2_pattern_info_8(code.pointer, UInt32(PCRE2_INFO_NAMETABLE), &table)
        guard let table else { return [:] }
        var names: [String: Int] = [:]
        for row in 0..<Int(count) {
            let entry = table + row * Int(size)
            names[String(cString: entry + 2)] = Int(entry[0]) << 8 | Int(entry[1])
        }
        return names
    }

    private func run(
        _ bytes: UnsafeRawBufferPointer, from offset: Int, _ found: (OpaquePointer) -> Void
    ) -> Int32 {
        guard let data = pcre2_match_data_create_from_pattern_8(code.pointer, nil),
            let context = pcre2_match_context_create_8(nil)
        else { return PCRE2_ERROR_NOMEMORY }
        defer {
            pcre2_match_data_free_8(data)
            pcre2_match_context_free_8(context)
        }
        pcre2_set_match_limit_8(context, UInt32(Limits.patternSteps))
        pcre2_set_depth_limit_8(context, UInt32(Limits.patternDepth))
        let start = bytes.bindMemory(to: UInt8.self).baseAddress
        let result = pcre2_match_8(code.pointer, start, bytes.count, offset, 0, data, context)
        if result >= 0 { found(data) }
        return result
    }

    private func outcome(_ result: Int32) throws(PatternError) -> Bool {
        if result >= 0 { return true }
        if result == PCRE2_ERROR_NOMATCH { return false }
        throw PatternError(pattern: source, offset: nil, reason: Pattern.message(result))
    }

    private static func message(_ code: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        pcre2_get_error_message_8(code, &buffer, buffer.count)
        return String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// A regular expression that cannot be used, or a match that was given up.
public struct PatternError: Error, Equatable, CustomStringConvertible {
    public var pattern: String
    /// Where in the pattern, in bytes; nil when the fault lies in matching.
    public var offset: Int?
    public var reason: String

    public init(pattern: String, offset: Int?, reason: String) {
        self.pattern = pattern
        self.offset = offset
        self.reason = reason
    }

    public var description: String {
        let place = offset.map { " at byte \($0)" } ?? ""
        return "regular expression \(quoted(pattern))\(place): \(reason)"
    }
}
