// The first bytes of an RRD file, version 3, as rrd_format.h of RRDtool 1.7 lays them out on 64-bit
// machines: what librrd would believe without asking. From the counts in it follows the file's size to the
// byte, so that a file cut short, or with a count that a bit changed, is never mapped.

/// Checks a header against a tier and a file's size.
enum RoundRobinHeader {
    private static let magic: [UInt8] = Array("RRD\u{0}0003\u{0}".utf8)
    /// Bytes of stat_head_t, ds_def_t and rra_def_t, live_head_t, pdp_prep_t, cdp_prep_t, rra_ptr_t.
    private static let fixed = 128
    private static let definition = 120
    private static let live = 16
    private static let prepared = 112
    private static let consolidated = 80
    private static let pointer = 8

    /// Bytes that tell the size: the head, the sources' definitions and that of the one archive.
    static func size(columns: Int) -> Int { fixed + (columns + 1) * definition }

    /// Bytes of a whole file, which never change.
    static func fileBytes(columns: Int, rows: Int) -> Int {
        let perColumn = definition + prepared + consolidated + rows * 8
        return fixed + definition + live + pointer + columns * perColumn
    }

    /// Why a file is not what this tier holds; nil when it is.
    static func fault(_ head: [UInt8], size: Int, _ tier: ArchiveTier, _ columns: Int) -> String? {
        guard head.count == Self.size(columns: columns) else { return "cut short" }
        guard head.starts(with: magic) else { return "not an RRD file" }
        let counts = [24, 32, 40].map { number(head, $0) }
        let rows = number(head, fixed + columns * definition + 24)
        guard counts == [columns, 1, tier.stepSeconds], rows == tier.rows else {
            return "its header tells of other columns, steps or rows"
        }
        let expected = fileBytes(columns: columns, rows: rows)
        return size == expected ? nil : "is \(size) bytes long, its header tells of \(expected)"
    }

    /// The unsigned long at an offset.
    private static func number(_ bytes: [UInt8], _ offset: Int) -> Int {
        let value = bytes[offset..<offset + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Int(truncatingIfNeeded: value)
    }
}
