// A picture of some series with a threshold, drawn by rrd_graph: what goes with a notification, where no
// browser is. The samples are put into small RRD files that live as long as the drawing, one a series.
// Drawing uses state that librrd and Pango share, so one picture is drawn at a time.

public import Basics
internal import CRRD
internal import Glibc

/// What is to be drawn.
public struct Picture: Sendable {
    /// One line: its name, and its samples on a grid.
    public struct Line: Sendable {
        public var name: String
        /// One value a step, from ``Picture/range``'s beginning; NaN where there is none.
        public var values: [Double]

        public init(name: String, values: [Double]) {
            self.name = name
            self.values = values
        }
    }

    public var title: String
    public var range: TimeRange
    public var stepMillis: Millis
    public var lines: [Line]
    /// Drawn as a red line across.
    public var threshold: Double?
    public var thresholdName = "threshold"
    public var width = 640
    public var height = 220
    /// More lines than this cannot be told apart.
    public static let linesMax = 8

    public init(
        title: String, range: TimeRange, stepMillis: Millis, lines: [Line], threshold: Double? = nil
    ) {
        self.title = title
        self.range = range
        self.stepMillis = stepMillis
        self.lines = lines
        self.threshold = threshold
    }

    private static let gate = Lock(())
    private static let colors = [
        "1f6feb", "d97706", "059669", "9333ea", "db2777", "0891b2", "65a30d", "4b5563",
    ]

    /// Draws.
    ///
    /// - Parameter folder: where the files of the drawing are put.
    /// - Returns: a PNG file.
    /// - Throws: ``PictureError`` with what librrd says.
    public func png(folder: String) throws(PictureError) -> [UInt8] {
        var paths: [String] = []
        defer { for path in paths { unlink(path) } }
        do throws(FileError) {
            try Files.system.makeFolder(folder)
        } catch {
            throw PictureError(reason: error.description)
        }
        for line in lines.prefix(Self.linesMax) {
            let path = "\(folder)/\(UInt64.random(in: .min ... .max)).rrd"
            paths.append(path)
            try write(line, path)
        }
        let arguments = arguments(paths)
        return try Self.gate.withLock { (_) throws(PictureError) in try Self.draw(arguments) }
    }

    private var stepSeconds: Int { max(1, Int(stepMillis / 1000)) }

    private func write(_ line: Line, _ path: String) throws(PictureError) {
        let step = stepSeconds
        let start = Int(range.from / 1000) / step * step
        let rows = max(1, line.values.count)
        let code = cArguments(["DS:v:GAUGE:\(step):U:U", "RRA:AVERAGE:0.5:1:\(rows + 1)"]) {
            rrd_create_r(path, UInt(step), start - step, $0, $1)
        }
        try Self.check(code)
        let updates = line.values.enumerated().map { index, value in
            "\(start + index * step):\(value.isFinite ? numberText(value) : "U")"
        }
        for first in stride(from: 0, to: updates.count, by: 500) {
            let part = Array(updates[first..<min(first + 500, updates.count)])
            try Self.check(cArguments(part) { rrd_update_r(path, nil, $0, $1) })
        }
    }

    private func arguments(_ paths: [String]) -> [String] {
        var arguments = [
            "graph", "-", "--imgformat", "PNG", "--start", "\(range.from / 1000)", "--end",
            "\(range.through / 1000)", "--width", "\(width)", "--height", "\(height)", "--title",
            cut(title, 90), "--border", "0", "--color", "BACK#ffffff", "--color", "CANVAS#ffffff",
            "--color", "FONT#1f2937", "--color", "GRID#e5e7eb", "--color", "MGRID#cbd5e1",
            "--color", "ARROW#ffffff", "--font", "DEFAULT:9:Noto Sans CJK SC,DejaVu Sans",
            "--font", "TITLE:11:Noto Sans CJK SC,DejaVu Sans", "--slope-mode",
            "--disable-rrdtool-tag",
        ]
        if let threshold, threshold.isFinite {
            // A line across is not part of what librrd fits the scale to.
            let room = max(threshold.magnitude, 1e-9) * 0.05
            arguments += [
                "--upper-limit=\(numberText(threshold + room))",
                "--lower-limit=\(numberText(threshold - room))",
            ]
        }
        if lines.isEmpty { arguments += ["COMMENT:" + escaped("no data") + "\\l"] }
        for (index, path) in paths.enumerated() {
            let color = Self.colors[index % Self.colors.count]
            arguments.append("DEF:v\(index)=\(escaped(path)):v:AVERAGE")
            let name = escaped(cut(lines[index].name, 80))
            arguments.append("LINE1.6:v\(index)#\(color):\(legend(name))\\l")
        }
        if let threshold, threshold.isFinite {
            let name = "\(thresholdName) \(numberText(threshold))"
            arguments.append(
                "HRULE:\(numberText(threshold))#dc2626:\(legend(escaped(name)))\\l:dashes")
        }
        let more = lines.count - Self.linesMax
        if more > 0 { arguments.append("COMMENT:+\(more)\\l") }
        return arguments
    }

    /// Room for the coloured box, which a proportional font's spaces do not leave by themselves.
    private func legend(_ name: String) -> String { "    " + name }

    private func cut(_ text: String, _ most: Int) -> String {
        text.count > most ? text.prefix(most - 1) + "…" : text
    }

    private func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing(":", with: "\\:").replacing("%", with: "%%")
    }

    private static func draw(_ arguments: [String]) throws(PictureError) -> [UInt8] {
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        let info = pointers.withUnsafeMutableBufferPointer {
            rrd_graph_v(Int32(arguments.count), $0.baseAddress)
        }
        guard let info else {
            try check(-1)
            return []
        }
        defer { rrd_info_free(info) }
        var next: UnsafeMutablePointer<rrd_info_t>? = info
        while let item = next {
            if item.pointee.type == RD_I_BLO, let bytes = item.pointee.value.u_blo.ptr {
                return Array(
                    UnsafeBufferPointer(start: bytes, count: Int(item.pointee.value.u_blo.size)))
            }
            next = item.pointee.next
        }
        throw PictureError(reason: "librrd drew nothing")
    }

    private static func check(_ code: Int32) throws(PictureError) {
        guard code != 0 else { return }
        let reason = rrd_get_error().map { String(cString: $0) } ?? "no reason given"
        rrd_clear_error()
        throw PictureError(reason: "librrd cannot draw: \(reason)")
    }
}

/// Why there is no picture.
public struct PictureError: Error, Sendable, CustomStringConvertible {
    public var reason: String

    public var description: String { reason }
}
