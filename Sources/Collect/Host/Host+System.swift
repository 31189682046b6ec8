// What the machine is and what time it has: kernel, clock, open files.

internal import Basics
internal import Glibc

extension HostCollector {
    static let fileDescriptors = HostCollector(name: "filefd") { files, _ in
        guard let fields = files.line("/proc/sys/fs/file-nr").map({ words($0[...]) }),
            fields.count == 3
        else { return nil }
        return [
            gauge(
                "node_filefd_allocated", "File descriptor statistics: allocated.", Double(fields[0])
            ),
            gauge("node_filefd_maximum", "File descriptor statistics: maximum.", Double(fields[2])),
        ]
    }

    static let uname = HostCollector(name: "uname") { files, _ in
        let kernel = "/proc/sys/kernel/"
        guard let release = files.line(kernel + "osrelease") else { return nil }
        var info = gauge(
            "node_uname_info", "Labeled system information as provided by the uname system call.")
        info.add(
            [
                "sysname": files.line(kernel + "ostype") ?? "Linux", "release": release,
                "version": files.line(kernel + "version") ?? "",
                "machine": files.line(kernel + "arch") ?? machine(),
                "nodename": files.line(kernel + "hostname") ?? "",
                "domainname": files.line(kernel + "domainname") ?? "",
            ], 1)
        return [info]
    }

    static let time = HostCollector(name: "time") { _, now in
        [
            gauge(
                "node_time_seconds", "System time in seconds since epoch (1970).",
                Double(now) / 1000)
        ]
    }
}

/// The processor's kind, for kernels before 6.1, which have no file for it.
private func machine() -> String {
    var name = utsname()
    guard Glibc.uname(&name) == 0 else { return "" }
    return withUnsafeBytes(of: &name.machine) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// The name of this machine.
public func hostName() -> String {
    var name = utsname()
    guard Glibc.uname(&name) == 0 else { return "localhost" }
    return withUnsafeBytes(of: &name.nodename) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
}
