// What the disks did: /proc/diskstats. Partitions and loops are left out, as the node exporter does;
// the kernel counts sectors of 512 bytes and milliseconds, whatever the disk.

internal import Basics

extension HostCollector {
    static let disks = HostCollector(name: "diskstats") { (view, reading) throws(HostAbsence) in
        for line in try view.lines("/proc/diskstats") {
            let fields = words(line)
            guard fields.count >= 14, !isPartition(String(fields[2])) else { continue }
            let labels: Labels = ["device": String(fields[2])]
            for (column, field) in zip(columns, fields.dropFirst(3)) {
                guard let value = Double(field) else { continue }
                if column.name == "node_disk_io_now" {
                    reading.gauge(column.name, column.help, value, labels)
                } else {
                    reading.counter(column.name, column.help, value * column.scale, labels)
                }
            }
        }
    }
}

private let columns: [(name: String, help: String, scale: Double)] = [
    ("node_disk_reads_completed_total", "Reads completed.", 1),
    ("node_disk_reads_merged_total", "Reads merged with another.", 1),
    ("node_disk_read_bytes_total", "Bytes read.", 512),
    ("node_disk_read_time_seconds_total", "Seconds spent by all reads.", 0.001),
    ("node_disk_writes_completed_total", "Writes completed.", 1),
    ("node_disk_writes_merged_total", "Writes merged with another.", 1),
    ("node_disk_written_bytes_total", "Bytes written.", 512),
    ("node_disk_write_time_seconds_total", "Seconds spent by all writes.", 0.001),
    ("node_disk_io_now", "Requests under way.", 1),
    ("node_disk_io_time_seconds_total", "Seconds with any request under way.", 0.001),
    ("node_disk_io_time_weighted_seconds_total", "Seconds times requests under way.", 0.001),
    ("node_disk_discards_completed_total", "Discards completed.", 1),
    ("node_disk_discards_merged_total", "Discards merged with another.", 1),
    ("node_disk_discarded_sectors_total", "Sectors discarded.", 1),
    ("node_disk_discard_time_seconds_total", "Seconds spent by all discards.", 0.001),
    ("node_disk_flush_requests_total", "Flushes completed.", 1),
    ("node_disk_flush_requests_time_seconds_total", "Seconds spent by all flushes.", 0.001),
]

/// `loop0`, `ram1`, `sda1`, `nvme0n1p2`: what belongs to another device or to none.
private func isPartition(_ name: String) -> Bool {
    let digits = name.reversed().prefix { $0.isNumber }.count
    guard digits > 0 else { return false }
    let stem = String(name.dropLast(digits))
    if ["ram", "loop", "fd"].contains(stem) { return true }
    if ["hd", "sd", "vd", "xvd"].contains(where: {
        stem.utf8.count == $0.utf8.count + 1 && stem.hasPrefix($0)
    }) {
        return stem.last?.isLetter == true
    }
    return stem.hasPrefix("nvme") && stem.hasSuffix("p") && stem.dropFirst(4).contains("n")
}
