// How full file systems are. Left out are those without a disk of their own, as the node exporter's
// defaults have it; a container's own root, which is an overlay, stays in, because a full one stops
// everything.

internal import Basics

extension HostCollector {
    static let fileSystems = HostCollector(name: "filesystem") {
        (view, reading) throws(HostAbsence) in
        let path =
            (try? view.text("/proc/1/mounts")) == nil ? "/proc/self/mounts" : "/proc/1/mounts"
        var seen: Set<Labels> = []
        for line in try view.lines(path) {
            let fields = words(line)
            guard fields.count >= 4 else { continue }
            let device = unescapedMount(fields[0])
            let point = unescapedMount(fields[1])
            let type = String(fields[2])
            if isLeftOut(type: type, point: point) { continue }
            let labels: Labels = ["device": device, "mountpoint": point, "fstype": type]
            if !seen.insert(labels).inserted { continue }
            let isReadOnly = fields[3].split(separator: ",").contains("ro")
            add(view.usage(view.root + point), isReadOnly, labels, &reading)
        }
    }
}

private func add(
    _ usage: FileSystemUsage?, _ isReadOnly: Bool, _ labels: Labels, _ reading: inout HostReading
) {
    reading.gauge(
        "node_filesystem_device_error", "Whether asking the file system failed.",
        usage == nil ? 1 : 0, labels)
    guard let usage else { return }
    reading.gauge("node_filesystem_size_bytes", "Size of the file system.", usage.sizeBytes, labels)
    reading.gauge("node_filesystem_free_bytes", "Free space in all.", usage.freeBytes, labels)
    reading.gauge(
        "node_filesystem_avail_bytes", "Free space for ordinary users.", usage.availableBytes,
        labels)
    reading.gauge("node_filesystem_files", "Files that there may be.", usage.files, labels)
    reading.gauge("node_filesystem_files_free", "Files that may be added.", usage.filesFree, labels)
    reading.gauge(
        "node_filesystem_readonly", "Whether the file system is read-only.",
        usage.isReadOnly || isReadOnly ? 1 : 0, labels)
}

private let leftOutTypes: Set<String> = [
    "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts",
    "devtmpfs", "fusectl", "hugetlbfs", "iso9660", "mqueue", "nsfs", "overlay", "proc", "procfs",
    "pstore", "rpc_pipefs", "securityfs", "selinuxfs", "squashfs", "sysfs", "tracefs",
]

private let leftOutPoints = [
    "/dev", "/proc", "/sys", "/run/credentials", "/var/lib/docker", "/var/lib/containers/storage",
]

private func isLeftOut(type: String, point: String) -> Bool {
    if leftOutPoints.contains(where: { point == $0 || point.hasPrefix($0 + "/") }) { return true }
    return leftOutTypes.contains(type) && !(type == "overlay" && point == "/")
}

/// The kernel writes a space in a mount point as `\040`.
private func unescapedMount(_ text: Substring) -> String {
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        let digits = rest.prefix(3)
        if byte == UInt8(ascii: "\\"), digits.count == 3,
            let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
        {
            result.append(code)
            rest.removeFirst(3)
        } else {
            result.append(byte)
        }
    }
    return String(decoding: result, as: UTF8.self)
}
