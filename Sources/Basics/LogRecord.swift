// A log record as OpenTelemetry has it, cut to what is kept: time, severity, labels of its source,
// body, attributes. The position of a source says which bytes have been taken, so that a restart
// neither loses nor repeats a line.

/// How bad a line says it is; the numbers are OpenTelemetry's first of each range.
public enum Severity: Int, Sendable, CaseIterable, Comparable {
    case unknown = 0
    case trace = 1
    case debug = 5
    case info = 9
    case warn = 13
    case error = 17
    case fatal = 21

    /// `info`, `warn`, …: the value of the label `level`.
    public var name: String { "\(self)" }

    public init?(name: String) {
        switch name.lowercased() {
        case "trace": self = .trace
        case "debug": self = .debug
        case "info", "information", "notice": self = .info
        case "warn", "warning": self = .warn
        case "error", "err": self = .error
        case "fatal", "critical", "crit", "alert", "emerg", "emergency", "panic": self = .fatal
        case "unknown": self = .unknown
        default: return nil
        }
    }

    public static func < (left: Severity, right: Severity) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// One line or entry of a log, already masked.
public struct LogRecord: Sendable, Equatable {
    public var time: Millis
    public var severity: Severity
    /// Where it came from: `source`, `file`, `service`, ….
    public var labels: Labels
    public var body: String
    /// Fields that the line itself carried.
    public var attributes: [Label]

    public init(
        time: Millis, severity: Severity, labels: Labels, body: String, attributes: [Label] = []
    ) {
        self.time = time
        self.severity = severity
        self.labels = labels
        self.body = body
        self.attributes = attributes
    }
}

/// Up to where a followed file has been taken.
public struct LogPosition: Sendable, Equatable {
    /// The configured name of the source and its path.
    public var source: String
    public var device: UInt64
    public var inode: UInt64
    /// Bytes taken from the start of the file.
    public var offset: Int64
    /// A checksum over the first bytes, so that a file truncated and written anew is recognised.
    public var headChecksum: UInt32
    /// How many bytes that checksum covers.
    public var headBytes: Int

    public init(
        source: String, device: UInt64, inode: UInt64, offset: Int64, headChecksum: UInt32,
        headBytes: Int
    ) {
        self.source = source
        self.device = device
        self.inode = inode
        self.offset = offset
        self.headChecksum = headChecksum
        self.headBytes = headBytes
    }
}
