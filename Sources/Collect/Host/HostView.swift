// What the collectors see of the machine: files under a root, and the few answers that only a system
// call or a program can give. A test hands in a folder of fixtures and closures; nothing else of the
// host is ever touched.

public import Basics
internal import Glibc

/// How full a file system is.
public struct FileSystemUsage: Sendable, Equatable {
    public var sizeBytes: Double
    public var freeBytes: Double
    /// Free for ordinary users.
    public var availableBytes: Double
    public var files: Double
    public var filesFree: Double
    public var isReadOnly: Bool

    public init(
        sizeBytes: Double, freeBytes: Double, availableBytes: Double, files: Double,
        filesFree: Double, isReadOnly: Bool
    ) {
        self.sizeBytes = sizeBytes
        self.freeBytes = freeBytes
        self.availableBytes = availableBytes
        self.files = files
        self.filesFree = filesFree
        self.isReadOnly = isReadOnly
    }
}

/// What `uname` says.
public struct SystemName: Sendable, Equatable {
    public var system: String
    public var release: String
    public var version: String
    public var machine: String
    public var node: String
    public var domain: String

    public init(
        system: String, release: String, version: String, machine: String, node: String,
        domain: String
    ) {
        self.system = system
        self.release = release
        self.version = version
        self.machine = machine
        self.node = node
        self.domain = domain
    }
}

/// The machine, as its collectors see it.
public struct HostView: Sendable {
    /// Stands before `/proc` and `/sys`; empty for the real ones.
    public var root: String
    public var files: Files
    public var clock: Clock
    /// nil when the file system does not answer.
    public var usage: @Sendable (_ mountPoint: String) -> FileSystemUsage?
    public var systemName: @Sendable () -> SystemName
    /// What a program prints; nil when there is no such program or it fails.
    public var run: @Sendable (_ command: String) -> String?
    /// Clock ticks of /proc/stat in a second.
    public var ticksPerSecond: Double
    public var pageBytes: Double

    public init(
        root: String = "", files: Files = .system, clock: Clock = .system,
        usage: @escaping @Sendable (String) -> FileSystemUsage?,
        systemName: @escaping @Sendable () -> SystemName,
        run: @escaping @Sendable (String) -> String?, ticksPerSecond: Double = 100,
        pageBytes: Double = 4096
    ) {
        self.root = root
        self.files = files
        self.clock = clock
        self.usage = usage
        self.systemName = systemName
        self.run = run
        self.ticksPerSecond = ticksPerSecond
        self.pageBytes = pageBytes
    }

    /// The machine that we run on.
    public static let system = HostView(
        usage: { SlowMounts.shared.usage($0) }, systemName: systemNameOfKernel,
        run: outputOfProgram, ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))),
        pageBytes: Double(sysconf(Int32(_SC_PAGESIZE))))

    /// The text of a file.
    ///
    /// - Throws: ``HostAbsence`` when there is no such file: this machine lacks the feature.
    func text(_ path: String) throws(HostAbsence) -> String {
        do throws(FileError) {
            return String(decoding: try files.contents(root + path), as: UTF8.self)
        } catch {
            throw HostAbsence(path: path, code: error.code)
        }
    }

    func lines(_ path: String) throws(HostAbsence) -> [Substring] {
        try text(path).split(separator: "\n")
    }

    /// A file that holds one number; nil when it is missing or holds something else.
    func number(_ path: String) -> Double? {
        guard let text = try? text(path) else { return nil }
        return words(text[...]).first.flatMap { Double($0) }
    }

    /// The names in a folder; empty when there is none.
    func names(_ path: String) -> [String] { (try? files.list(root + path)) ?? [] }
}

/// A file that a collector needs and that cannot be read.
struct HostAbsence: Error {
    var path: String
    var code: Int32

    /// True when the machine lacks the feature, which is no failure.
    var isNothing: Bool { [ENOENT, ENOTDIR, EOPNOTSUPP, ENODEV].contains(code) }
}

/// The words of a line.
func words(_ line: Substring) -> [Substring] {
    line.split { $0 == " " || $0 == "\t" || $0 == "\n" }
}

private func systemNameOfKernel() -> SystemName {
    var name = utsname()
    guard uname(&name) == 0 else {
        return SystemName(system: "", release: "", version: "", machine: "", node: "", domain: "")
    }
    func text<Field>(_ field: Field) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
    return SystemName(
        system: text(name.sysname), release: text(name.release), version: text(name.version),
        machine: text(name.machine), node: text(name.nodename), domain: text(name.__domainname))
}

/// Runs a program through the shell, with five seconds to answer.
///
/// One that is not installed costs a look along the path and no process.
private func outputOfProgram(_ command: String) -> String? {
    let program = command.prefix { $0 != " " }
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
    guard path.split(separator: ":").contains(where: { access("\($0)/\(program)", X_OK) == 0 })
    else {
        return nil
    }
    guard let pipe = popen("timeout 5 \(command) 2>/dev/null", "r") else { return nil }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = fread(&chunk, 1, chunk.count, pipe)
        if count == 0 { break }
        bytes += chunk[..<count]
    }
    return pclose(pipe) == 0 ? String(decoding: bytes, as: UTF8.self) : nil
}
