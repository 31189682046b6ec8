// Block devices from /proc/diskstats (partitions and loops left out) and mounted file systems, with
// node_exporter's exclusions: pseudo file systems and container layers say nothing about disks.

internal import Basics

/// Sectors of /proc/diskstats, whatever the device's own are.
private let sectorBytes = 512.0

extension HostCollector {
    static let disk = HostCollector(name: "diskstats") { files, _ in
        guard let text = files.read("/proc/diskstats") else { return nil }
        var families = diskFields.map { field in
            field.isCounter ? counter(field.name, field.help) : gauge(field.name, field.help)
        }
        for line in lines(text) {
            let fields = words(line)
            guard fields.count >= 14, !isPartition(fields[2]) else { continue }
            for (index, field) in diskFields.enumerated() where field.column < fields.count {
                guard let raw = Double(fields[field.column]) else { continue }
                let labels: Labels = ["device": String(fields[2])]
                families[index].add(labels, raw * field.factor)
            }
        }
        return families.filter { !$0.samples.isEmpty }
    }

    static let filesystem = HostCollector(name: "filesystem") { files, _ in
        guard let text = files.read("/proc/1/mounts") ?? files.read("/proc/self/mounts") else {
            return nil
        }
        var families = [
            gauge("node_filesystem_size_bytes", "Filesystem size in bytes."),
            gauge("node_filesystem_free_bytes", "Filesystem free space in bytes."),
            gauge(
                "node_filesystem_avail_bytes",
                "Filesystem space available to non-root users in bytes."),
            gauge("node_filesystem_files", "Filesystem total file nodes."),
            gauge("node_filesystem_files_free", "Filesystem total free file nodes."),
            gauge("node_filesystem_readonly", "Filesystem read-only status."),
            gauge(
                "node_filesystem_device_error",
                "Whether an error occurred while getting statistics for the given device."),
        ]
        var seen: Set<Labels> = []
        for line in lines(text) {
            let fields = words(line)
            guard fields.count >= 3 else { continue }
            let mountpoint = unescapedMount(String(fields[1]))
            guard !isExcluded(mountpoint), !excludedTypes.contains(String(fields[2])) else {
                continue
            }
            let labels: Labels = [
                "device": String(fields[0]), "mountpoint": mountpoint, "fstype": String(fields[2]),
            ]
            guard seen.insert(labels).inserted else { continue }
            guard let size = files.measure(mountpoint) else {
                families[6].add(labels, 1)
                continue
            }
            let values = [
                size.sizeBytes, size.freeBytes, size.availableBytes, size.files, size.filesFree,
                size.isReadOnly ? 1 : 0, 0,
            ]
            for (index, value) in values.enumerated() { families[index].add(labels, value) }
        }
        return families.filter { !$0.samples.isEmpty }
    }
}

private struct DiskField {
    var column: Int
    var name: String
    var help: String
    var factor = 1.0
    var isCounter = true
}

private let diskFields: [DiskField] = [
    DiskField(
        column: 3, name: "node_disk_reads_completed_total",
        help: "The total number of reads completed successfully."),
    DiskField(
        column: 4, name: "node_disk_reads_merged_total", help: "The total number of reads merged."),
    DiskField(
        column: 5, name: "node_disk_read_bytes_total",
        help: "The total number of bytes read successfully.", factor: sectorBytes),
    DiskField(
        column: 6, name: "node_disk_read_time_seconds_total",
        help: "The total number of seconds spent by all reads.", factor: 0.001),
    DiskField(
        column: 7, name: "node_disk_writes_completed_total",
        help: "The total number of writes completed successfully."),
    DiskField(
        column: 8, name: "node_disk_writes_merged_total", help: "The number of writes merged."),
    DiskField(
        column: 9, name: "node_disk_written_bytes_total",
        help: "The total number of bytes written successfully.", factor: sectorBytes),
    DiskField(
        column: 10, name: "node_disk_write_time_seconds_total",
        help: "This is the total number of seconds spent by all writes.", factor: 0.001),
    DiskField(
        column: 11, name: "node_disk_io_now", help: "The number of I/Os currently in progress.",
        isCounter: false),
    DiskField(
        column: 12, name: "node_disk_io_time_seconds_total",
        help: "Total seconds spent doing I/Os.", factor: 0.001),
    DiskField(
        column: 13, name: "node_disk_io_time_weighted_seconds_total",
        help: "The weighted # of seconds spent doing I/Os.", factor: 0.001),
]

/// True for what `^(ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$` matches.
private func isPartition(_ device: Substring) -> Bool {
    let digits = device.reversed().prefix { $0.isNumber }.count
    guard digits > 0 else { return false }
    let stem = device.dropLast(digits)
    if ["ram", "loop", "fd"].contains(stem) { return true }
    if stem.hasPrefix("nvme") && stem.hasSuffix("p") { return true }
    for prefix in ["hd", "sd", "vd", "xvd"] where stem.hasPrefix(prefix) {
        let letters = stem.dropFirst(prefix.count)
        return letters.count == 1 && letters.allSatisfy { $0.isLetter }
    }
    return false
}

private let excludedTypes: Set<String> = [
    "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts",
    "devtmpfs",
    "fusectl", "hugetlbfs", "iso9660", "mqueue", "nsfs", "overlay", "proc", "procfs", "pstore",
    "rpc_pipefs", "securityfs", "selinuxfs", "squashfs", "sysfs", "tracefs",
]

private func isExcluded(_ mountpoint: String) -> Bool {
    let roots = [
        "/dev", "/proc", "/run", "/sys", "/mnt", "/media", "/var/lib/docker",
        "/var/lib/containers/storage",
    ]
    return roots.contains { mountpoint == $0 || mountpoint.hasPrefix($0 + "/") }
}

/// Mount points have their blanks written as `\040`.
private func unescapedMount(_ text: String) -> String {
    text.replacing("\\040", with: " ").replacing("\\011", with: "\t")
}
