// A day of a machine that is well, invented from a seed: a server with nightly work, a container on a
// busy host, a laptop that sleeps. What is odd about each is put in on purpose.

import Basics
import Query

struct WellMachine {
    enum Kind: String, CaseIterable, Sendable {
        case server, container, laptop
    }

    let start: Millis = 1_790_000_000_000
    let kind: Kind
    private var random: SplitMix
    /// Samples of the day, each minute.
    private let step: Millis = 60_000
    private var counters: [String: Double] = [:]

    init(_ kind: Kind, seed: UInt64) {
        self.kind = kind
        random = SplitMix(seed: seed)
    }

    /// A laptop sleeps from the 6th to the 14th hour, and over lunch.
    func isAsleep(at time: Millis) -> Bool {
        guard kind == .laptop else { return false }
        let hour = Double(time - start) / 3_600_000
        return (6..<14).contains(hour) || (18..<18.7).contains(hour)
    }

    private mutating func noise(_ low: Double, _ high: Double) -> Double {
        Double.random(in: low...high, using: &random)
    }

    mutating func run(into source: MemorySource) {
        var columns: [Labels: Series] = [:]
        for time in stride(from: start - 3_600_000, through: start + 86_400_000, by: Int(step)) {
            if isAsleep(at: time) { continue }
            for (labels, value) in samples(at: time) {
                columns[labels, default: Series(labels: labels)].times.append(time)
                columns[labels, default: Series(labels: labels)].values.append(value)
            }
        }
        for series in columns.values { source.append(series) }
    }

    private mutating func count(_ key: String, _ amount: Double) -> Double {
        counters[key, default: 1000] += max(0, amount)
        return counters[key, default: 0]
    }

    private mutating func samples(at time: Millis) -> [(Labels, Double)] {
        var found: [(Labels, Double)] = []
        let hour = Double(time - start) / 3_600_000
        // Nightly work: for an hour and a half everything is busy.
        let isBusy = (2..<3.5).contains(hour) || (20..<21).contains(hour)
        func add(_ name: String, _ pairs: [(String, String)], _ value: Double) {
            found.append(
                (Labels([("__name__", name), ("instance", "m"), ("job", "node")] + pairs), value))
        }
        let cores = kind == .server ? 8 : 4
        for core in 0..<cores {
            let idle = isBusy ? noise(0, 0.02) : noise(0.8, 0.99)
            for (mode, share) in [
                ("idle", idle), ("user", 0.99 - idle), ("steal", kind == .server ? 0.01 : 0),
            ] {
                add(
                    "node_cpu_seconds_total", [("cpu", "\(core)"), ("mode", mode)],
                    count("cpu\(core)\(mode)", share * 60))
            }
        }
        // A container sees the load of its host.
        let load =
            Double(cores) * (isBusy ? noise(0.9, 1.3) : noise(0.05, 0.3))
            * (kind == .container ? 1.4 : 1)
        add("node_load15", [], load)
        add("node_memory_MemTotal_bytes", [], 16e9)
        add("node_memory_MemAvailable_bytes", [], isBusy ? noise(1.2e9, 2e9) : noise(6e9, 9e9))
        add("node_vmstat_oom_kill", [], 3)
        if kind != .container {
            add(
                "node_pressure_memory_stalled_seconds_total", [],
                count("psi", isBusy ? noise(0, 3) : 0))
        }
        add("node_filefd_allocated", [], noise(4000, 9000))
        add("node_filefd_maximum", [], 9.223372036854776e18)
        disks(hour, isBusy, add)
        for device in kind == .laptop ? ["lo", "wlan0"] : ["lo", "eth0"] {
            let packets = count("net\(device)", noise(100, 60_000))
            add("node_network_receive_packets_total", [("device", device)], packets)
            add("node_network_transmit_packets_total", [("device", device)], packets)
            add(
                "node_network_receive_errs_total", [("device", device)],
                count("err\(device)", device == "wlan0" ? noise(0, 2000) : 0))
            add("node_network_transmit_errs_total", [("device", device)], 0)
        }
        found += targets(hour)
        found += agent(hour, isBusy)
        return found
    }

    private mutating func disks(
        _ hour: Double, _ isBusy: Bool, _ add: (String, [(String, String)], Double) -> Void
    ) {
        func fileSystem(
            _ device: String, _ type: String, _ point: String, size: Double, free: Double,
            isReadOnly: Bool = false,
            files: Double = 1e7, filesFree: Double = 8e6
        ) {
            let pairs = [("device", device), ("fstype", type), ("mountpoint", point)]
            add("node_filesystem_size_bytes", pairs, size)
            add("node_filesystem_avail_bytes", pairs, free)
            add("node_filesystem_files", pairs, files)
            add("node_filesystem_files_free", pairs, filesFree)
            add("node_filesystem_readonly", pairs, isReadOnly ? 1 : 0)
        }
        // Logs grow over the day and are rotated; the nightly work writes 30 GB and removes them.
        let temporary = isBusy ? 30e9 : 0
        switch kind {
        case .server:
            fileSystem(
                "/dev/sda2", "ext4", "/", size: 500e9,
                free: 180e9 - temporary - hour * 2e8 + noise(0, 1e8))
            fileSystem(
                "/dev/sda1", "vfat", "/boot/efi", size: 5e8, free: 4.9e8, files: 0, filesFree: 0)
            fileSystem("/dev/sda3", "ext4", "/boot", size: 1e9, free: 9e7)
            fileSystem("/dev/sdb", "btrfs", "/srv", size: 8e12, free: 3e11, files: 0, filesFree: 0)
        case .container:
            fileSystem("overlay", "overlay", "/", size: 200e9, free: 90e9 - temporary)
            fileSystem("shm", "tmpfs", "/dev/shm", size: 67e6, free: 0)
            fileSystem("/dev/sda1", "ext4", "/etc/hosts", size: 200e9, free: 90e9 - temporary)
        case .laptop:
            fileSystem(
                "/dev/nvme0n1p2", "ext4", "/", size: 250e9,
                free: 40e9 - temporary / 3 + noise(0, 1e8))
            fileSystem(
                "/dev/loop0", "squashfs", "/snap/core/1", size: 1.2e8, free: 0, isReadOnly: true,
                files: 5e3, filesFree: 0)
            fileSystem(
                "/dev/sr0", "iso9660", "/media/me/DISC", size: 4e9, free: 0, isReadOnly: true,
                files: 0, filesFree: 0)
            if (15..<17).contains(hour) {
                fileSystem(
                    "/dev/sdb1", "vfat", "/media/me/STICK", size: 8e9, free: 1e6, files: 0,
                    filesFree: 0)
            }
            fileSystem("tmpfs", "tmpfs", "/run/user/1000", size: 1.6e9, free: 1.5e9)
        }
        for device in kind == .laptop ? ["nvme0n1", "sr0"] : ["sda"] {
            let operations = noise(10, isBusy ? 60_000 : 600)
            let pairs = [("device", device)]
            // 12 ms each while busy; an optical drive needs its second, a few times an hour.
            let each = device == "sr0" ? 1.0 : (isBusy ? 0.012 : 0.002)
            let number = device == "sr0" ? noise(0, 1) : operations
            add("node_disk_reads_completed_total", pairs, count("r\(device)", number))
            add("node_disk_writes_completed_total", pairs, count("w\(device)", number))
            add("node_disk_read_time_seconds_total", pairs, count("rt\(device)", number * each))
            add("node_disk_write_time_seconds_total", pairs, count("wt\(device)", number * each))
        }
        if kind == .laptop || kind == .server {
            add(
                "martlet_gpu_temperature_celsius", [("gpu", "0")],
                isBusy ? noise(78, 88) : noise(40, 60))
        }
    }

    /// A target that restarts once, with one failed scrape, and grows after a release.
    private func targets(_ hour: Double) -> [(Labels, Double)] {
        let isDown = (9.0..<9.02).contains(hour) || kind == .laptop && (14.0..<14.03).contains(hour)
        let samples = hour < 12 ? 1200.0 : 1500.0
        var found: [(Labels, Double)] = []
        for instance in ["a:1", "b:1", "c:1"] {
            func add(_ name: String, _ value: Double) {
                found.append((["__name__": name, "instance": instance, "job": "app"], value))
            }
            let down = isDown && instance == "a:1"
            add("up", down ? 0 : 1)
            add("scrape_duration_seconds", down ? 10 : 0.05)
            add("scrape_samples_scraped", down ? 0 : samples)
            add("scrape_samples_post_metric_relabeling", down ? 0 : samples)
            add(
                "scrape_series_added",
                hour < 0 && hour > -0.02 || (9.02..<9.04).contains(hour) ? samples : 0)
        }
        return found
    }

    /// The agent's own counters: restarts leave old faults standing, late samples are refused, the
    /// logs have their rhythm and their daily handful of errors.
    private mutating func agent(_ hour: Double, _ isBusy: Bool) -> [(Labels, Double)] {
        var found: [(Labels, Double)] = []
        func add(_ name: String, _ value: Double, _ pairs: [(String, String)] = []) {
            found.append(
                (
                    Labels([("__name__", name), ("instance", "m"), ("job", "martlet")] + pairs),
                    value
                ))
        }
        for name in [
            "martlet_keep_journal_failures_total", "martlet_keep_seal_failures_total",
            "martlet_keep_archive_failures_total", "martlet_keep_damaged_chunks_total",
            "martlet_keep_journal_bad_frames_total", "martlet_log_store_damaged_total",
            "martlet_record_failures_total", "martlet_log_store_failures_total",
            "martlet_own_write_failures_total",
        ] { add(name, 0) }
        add("martlet_head_series", noise(4000, 6000))
        add(
            "martlet_head_samples_refused_total", count("late", noise(0, 3)),
            [("reason", "too_old")])
        add("martlet_head_samples_refused_total", 0, [("reason", "series_limit")])
        for group in ["host.yml;host", "agent.yml;agent"] {
            add("martlet_rule_evaluation_failures_total", 0, [("rule_group", group)])
            add("martlet_rule_memory_failures_total", 0, [("rule_group", group)])
            // Waking up counts the slots of the night at once.
            let missed = kind == .laptop ? (hour < 6 ? 0.0 : hour < 18 ? 1919 : 2087) : 0
            add("martlet_rule_group_iterations_missed_total", missed, [("rule_group", group)])
        }
        add("martlet_notifications_failed_total", 0, [("receiver", "ops")])
        add("martlet_notifications_waiting_seconds", 0, [("receiver", "ops/0")])
        let lines = isBusy ? noise(200, 900) : noise(20, 60)
        add(
            "martlet_log_lines_total", count("info", lines),
            [("source", "syslog"), ("level", "info")])
        add(
            "martlet_log_lines_total",
            count("error", noise(0, 10) < 0.3 ? noise(1, 6).rounded() : 0),
            [("source", "syslog"), ("level", "error")])
        add(
            "martlet_log_lines_total", count("app", noise(10, 50)),
            [("source", "app"), ("level", "info")])
        add(
            "martlet_log_lines_total", count("apperror", noise(3, 9).rounded()),
            [("source", "app"), ("level", "error")])
        return found
    }
}
