// One file of librrd: one series, one tier. The values come consolidated, one per step and exactly on the
// step, so that RRD's re-gridding has nothing to do: GAUGE, a heartbeat of one step, one row per step.
// librrd reads and scales numbers by its own arithmetic, so a value may come back one unit in the last
// place away.
//
// librrd maps what it opens and trusts it, so a file is looked at before: magic, version, size. Its
// errors are per thread: read and cleared where they arise. Calls on one file must not overlap; Archive
// sees to that.

internal import Basics
internal import CRRD
internal import Glibc

/// Why an archive file could not be used.
struct ArchiveFault: Error, CustomStringConvertible {
    var path: String
    var reason: String
    /// The file is there but is not what librrd wrote.
    var isDamaged = false

    var description: String { "\(path): \(reason)" }
}

struct RoundRobinFile {
    let path: String
    let tier: ArchiveTier
    let columns: [String]
    let files: Files

    /// Rows per call: one call costs 40 µs however many rows it brings, and arguments take memory.
    private static let rowsPerCall = 500
    /// librrd refuses times before 1980.
    static let earliestSeconds = 320_000_000

    /// Makes an empty file whose first row will be the one after `startSeconds`.
    func create(startSeconds: Int) throws(ArchiveFault) {
        var arguments = columns.map { "DS:\($0):GAUGE:\(tier.stepSeconds):U:U" }
        arguments.append("RRA:AVERAGE:0.5:1:\(tier.rows)")
        let code = cArguments(arguments) { count, pointers in
            rrd_create_r(path, UInt(tier.stepSeconds), startSeconds, count, pointers)
        }
        try check(code, "create")
    }

    /// True when the file is there and sound; false when it is missing.
    func validate() throws(ArchiveFault) -> Bool {
        do throws(FileError) {
            let handle = try files.open(path, .read)
            defer { files.close(handle) }
            let size = try files.size(handle)
            let head = try files.read(handle, 0, RoundRobinHeader.size(columns: columns.count))
            if let fault = RoundRobinHeader.fault(head, size: size, tier, columns.count) {
                throw FileError(operation: "read", path: path, code: 0, reason: fault)
            }
            return true
        } catch {
            if error.isMissing { return false }
            throw ArchiveFault(path: path, reason: error.reason, isDamaged: error.code == 0)
        }
    }

    /// The time of the last row written.
    func lastSeconds() throws(ArchiveFault) -> Int {
        let last = rrd_last_r(path)
        if last < 0 { try check(-1, "read") }
        return last
    }

    /// Appends rows, ascending in time; those at or before the last row are skipped, and steps
    /// without a row become unknown.
    ///
    /// - Returns: rows written.
    func append(_ rows: [ArchiveRow]) throws(ArchiveFault) -> Int {
        var last = try lastSeconds()
        var arguments: [String] = []
        var written = 0
        let unknown = String(repeating: ":U", count: columns.count)
        for row in rows where row.endSeconds > last && !row.isUnknown {
            if row.endSeconds - last > tier.stepSeconds {
                arguments.append("\(row.endSeconds - tier.stepSeconds)" + unknown)
            }
            arguments.append(
                row.values.reduce("\(row.endSeconds)") { text, value in
                    text + ":" + (value.isFinite ? numberText(value) : "U")
                })
            last = row.endSeconds
            written += 1
            if arguments.count >= RoundRobinFile.rowsPerCall {
                try update(arguments)
                arguments = []
            }
        }
        if !arguments.isEmpty { try update(arguments) }
        return written
    }

    private func update(_ arguments: [String]) throws(ArchiveFault) {
        let code = cArguments(arguments) { count, pointers in
            rrd_update_r(path, nil, count, pointers)
        }
        try check(code, "update")
    }

    /// The known rows whose step ends in a range of seconds, both ends included.
    func rows(from: Int, through: Int) throws(ArchiveFault) -> [ArchiveRow] {
        let step = tier.stepSeconds
        // librrd allocates what is asked for, so that no more is asked than there can be.
        let last = try lastSeconds()
        let from = max(from, last - step * tier.rows)
        let through = min(through, last)
        // librrd yields the rows after `start` up to the one that covers `end`.
        var start = (from - 1) / step * step
        var end = through / step * step
        guard start < end else { return [] }
        var actualStep = UInt(step)
        var count: UInt = 0
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        var data: UnsafeMutablePointer<rrd_value_t>?
        try check(
            rrd_fetch_r(path, "AVERAGE", &start, &end, &actualStep, &count, &names, &data), "read")
        defer {
            for index in 0..<Int(count) { rrd_freemem(names?[index]) }
            rrd_freemem(names)
            rrd_freemem(data)
        }
        guard let data, Int(count) == columns.count, Int(actualStep) == step else {
            throw ArchiveFault(path: path, reason: "holds other columns", isDamaged: true)
        }
        var rows: [ArchiveRow] = []
        for index in 0..<max(0, (end - start) / step) {
            let time = start + (index + 1) * step
            guard time >= from, time <= through else { continue }
            let values = (0..<columns.count).map { data[index * columns.count + $0] }
            let row = ArchiveRow(endSeconds: time, values: values)
            if !row.isUnknown { rows.append(row) }
        }
        return rows
    }

    private func check(_ code: Int32, _ operation: String) throws(ArchiveFault) {
        guard code != 0 else { return }
        let reason = rrd_get_error().map { String(cString: $0) } ?? "no reason given"
        rrd_clear_error()
        throw ArchiveFault(path: path, reason: "librrd cannot \(operation) it: \(reason)")
    }
}

/// Calls `body` with texts as C wants its arguments.
func cArguments<Result>(
    _ texts: [String], _ body: (Int32, UnsafeMutablePointer<UnsafePointer<CChar>?>?) -> Result
) -> Result {
    var pointers: [UnsafePointer<CChar>?] = texts.map { UnsafePointer(strdup($0)) }
    pointers.append(nil)
    defer { for pointer in pointers { free(UnsafeMutableRawPointer(mutating: pointer)) } }
    return pointers.withUnsafeMutableBufferPointer { body(Int32(texts.count), $0.baseAddress) }
}
