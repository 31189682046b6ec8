// The host's collectors on fixtures, against the real node exporter, and as series.

import Basics
import Bytes
import Glibc
import Testing

@testable import Collect

private let fixtures: [String: String] = [
    "/proc/stat":
        "cpu  1 2 3 4\ncpu0 100 200 300 400 500 600 700 800 900 1000\ncpu12 1 0 0 0 0 0 0 0 0 0\n"
        + "intr 42 1 2\nctxt 43\nbtime 1700000000\nprocesses 44\nprocs_running 2\nprocs_blocked 1\n",
    "/proc/loadavg": "0.5 1.25 2 3/400 5\n",
    "/proc/meminfo": "MemTotal:  1000 kB\nActive(anon): 5 kB\nHugePages_Total: 7\n",
    "/proc/vmstat": "nr_free_pages 1\noom_kill 2\npgpgin 3\npgfault 4\npgmajfault 5\npgscan 6\n",
    "/proc/pressure/cpu":
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\nfull avg10=0 total=9\n",
    "/proc/pressure/io": "some avg10=0.00 total=2000000\nfull avg10=0.00 total=1000000\n",
    "/proc/pressure/memory": "some avg10=0.00 total=0\nfull avg10=0.00 total=0\n",
    "/proc/1/mounts":
        "/dev/sda1 / ext4 rw,relatime 0 0\n/dev/sdb1 /mnt/my\\040disk xfs ro 0 0\n"
        + "proc /proc proc rw 0 0\ntmpfs /run tmpfs rw 0 0\nnfs:/x /dead nfs rw 0 0\n",
    "/proc/diskstats":
        "8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n8 1 sda1 1 2 3 4 5 6 7 8 9 10 11\n"
        + "7 0 loop0 1 2 3 4 5 6 7 8 9 10 11\n259 0 nvme0n1 1 0 0 0 0 0 0 0 0 0 0\n"
        + "259 1 nvme0n1p1 1 0 0 0 0 0 0 0 0 0 0\n254 0 vda 1 0 0 0 0 0 0 0 0 0 0\n",
    "/proc/net/dev":
        "Inter-|\n face |\n    lo: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n"
        + "  eth0:100 2 3 4 5 6 7 8 200 10 11 12 13 14 15 16\n",
    "/proc/net/snmp": "Ip: Forwarding DefaultTTL\nIp: 1 64\nTcp: CurrEstab InErrs\nTcp: 5 6\n",
    "/proc/net/netstat": "TcpExt: SyncookiesSent ListenDrops X\nTcpExt: 1 2 3\n",
    "/proc/net/snmp6": "Ip6InOctets 10\nUdpLite6InErrors 11\nIp6OutRequests 12\n",
    "/proc/net/sockstat": "sockets: used 24\nTCP: inuse 4 mem 2\n",
    "/proc/sys/fs/file-nr": "100\t0\t200\n",
    "/proc/7/stat": "7 (a b) c) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 5\n",
    "/sys/class/net/eth0/operstate": "up\n", "/sys/class/net/eth0/speed": "1000\n",
    "/sys/class/net/eth0/mtu": "1500\n",
    "/sys/class/thermal/thermal_zone0/temp": "45500\n",
    "/sys/class/thermal/thermal_zone0/type": "x86_pkg_temp\n",
    "/sys/fs/cgroup/memory.current": "1000\n", "/sys/fs/cgroup/memory.max": "max\n",
    "/sys/fs/cgroup/cpu.stat": "usage_usec 2500000\n", "/sys/fs/cgroup/cpu.max": "150000 100000\n",
]

private func view(without missing: Set<String> = []) -> HostView {
    var files = Files.system
    let names = fixtures.keys.filter { !missing.contains($0) }.sorted()
    files.open = { (path, _) throws(FileError) in
        guard path.hasPrefix("/root"), let index = names.firstIndex(of: String(path.dropFirst(5)))
        else {
            throw FileError(operation: "open", path: path, code: ENOENT, reason: "none")
        }
        return FileHandle(descriptor: Int32(index))
    }
    files.read = { (file, offset, count) throws(FileError) in
        let text = bytes(fixtures[names[Int(file.descriptor)]] ?? "")
        return Array(text.dropFirst(offset).prefix(count))
    }
    files.close = { _ in }
    files.list = { (path) throws(FileError) in
        let folder = String(path.dropFirst(5)) + "/"
        let inside = names.filter { $0.hasPrefix(folder) }.map { $0.dropFirst(folder.count) }
        return Set(inside.compactMap { $0.split(separator: "/").first.map(String.init) }).sorted()
    }
    return HostView(
        root: "/root", files: files,
        usage: { path in
            path == "/root/dead"
                ? nil
                : FileSystemUsage(
                    sizeBytes: 100, freeBytes: 50, availableBytes: 40, files: 10, filesFree: 5,
                    isReadOnly: false)
        },
        systemName: {
            SystemName(
                system: "Linux", release: "6", version: "#1", machine: "x86_64", node: "box",
                domain: "(none)")
        },
        run: { command in
            command.hasPrefix("nvidia-smi")
                ? "0, GPU-1, A100 80GB, 50, 25, 1024, 2048, 60, [N/A], 400, 1410\n" : nil
        })
}

@Suite struct HostTests {
    private func shown(_ view: HostView) -> [String] {
        let text = ExpositionWriter.bytes(HostMetrics(view).families(), as: .text)
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test(arguments: [
        #"node_cpu_seconds_total{cpu="0",mode="user"} 1"#,
        #"node_cpu_seconds_total{cpu="0",mode="steal"} 8"#,
        #"node_cpu_guest_seconds_total{cpu="0",mode="nice"} 10"#,
        #"node_cpu_seconds_total{cpu="12",mode="user"} 0.01"#,
        "node_intr_total 42", "node_context_switches_total 43", "node_forks_total 44",
        "node_boot_time_seconds 1.7e+09", "node_procs_running 2", "node_load5 1.25",
        "node_memory_MemTotal_bytes 1.024e+06", "node_memory_Active_anon_bytes 5120",
        "node_memory_HugePages_Total 7", "node_vmstat_oom_kill 2", "node_vmstat_pgmajfault 5",
        "node_pressure_cpu_waiting_seconds_total 1.5", "node_pressure_io_stalled_seconds_total 1",
        #"node_filesystem_avail_bytes{device="/dev/sda1",fstype="ext4",mountpoint="/"} 40"#,
        #"node_filesystem_readonly{device="/dev/sdb1",fstype="xfs",mountpoint="/mnt/my disk"} 1"#,
        #"node_filesystem_device_error{device="nfs:/x",fstype="nfs",mountpoint="/dead"} 1"#,
        #"node_disk_read_bytes_total{device="sda"} 1536"#,
        #"node_disk_flush_requests_time_seconds_total{device="sda"} 0.017"#,
        #"node_disk_reads_completed_total{device="nvme0n1"} 1"#,
        #"node_network_receive_bytes_total{device="eth0"} 100"#,
        #"node_network_transmit_colls_total{device="eth0"} 14"#,
        #"node_network_speed_bytes{device="eth0"} 1.25e+08"#, #"node_network_up{device="eth0"} 1"#,
        "node_netstat_Tcp_CurrEstab 5", "node_netstat_TcpExt_ListenDrops 2",
        "node_netstat_Ip6_InOctets 10", "node_netstat_UdpLite6_InErrors 11",
        "node_sockstat_TCP_mem_bytes 8192", "node_filefd_maximum 200",
        #"node_processes_state{state="S"} 1"#, "node_processes_threads 3",
        #"node_thermal_zone_temp{type="x86_pkg_temp",zone="0"} 45.5"#,
        "martlet_cgroup_cpu_limit_cores 1.5", "martlet_cgroup_memory_usage_bytes 1000",
        #"martlet_gpu_memory_used_bytes{gpu="0",uuid="GPU-1"} 1.073741824e+09"#,
        #"martlet_gpu_info{gpu="0",name="A100 80GB",uuid="GPU-1"} 1"#,
        #"node_scrape_collector_success{collector="cpu"} 1"#,
    ])
    func `fixtures read as expected`(_ line: String) {
        #expect(shown(view()).contains(line))
    }

    @Test func `partitions, loops, the loopback and absent limits leave no series`() {
        let lines = shown(view())
        for absent in [
            "device=\"sda1\"", "device=\"loop0\"", "nvme0n1p1", "device=\"lo\"", "pgscan",
            "memory_limit_bytes", "power_watts", "fstype=\"proc\"", "cpu_stalled",
        ] {
            #expect(!lines.contains { $0.contains(absent) && !$0.hasPrefix("#") }, "\(absent)")
        }
    }

    @Test func `what a machine lacks is no failure, and costs nothing else`() {
        let lines = shown(view(without: ["/proc/pressure/cpu", "/proc/meminfo"]))
        #expect(!lines.contains { $0.contains("collector=\"meminfo\"") })
        #expect(lines.contains("node_load1 0.5"))
    }

    @Test func `a collector that fails says so and costs only itself`() {
        var broken = view()
        let open = broken.files.open
        broken.files.open = { (path, mode) throws(FileError) in
            if path.hasSuffix("loadavg") {
                throw FileError(operation: "open", path: path, code: EACCES, reason: "denied")
            }
            return try open(path, mode)
        }
        let lines = shown(broken)
        #expect(lines.contains(#"node_scrape_collector_success{collector="loadavg"} 0"#))
        #expect(lines.contains("node_intr_total 42"))
    }

    @Test func `families become series, and what vanishes ends`() throws {
        let store = Remembering()
        var feed = FamilyFeed(intake: store.intake, job: "node", instance: "box")
        let metadata = MetricMetadata(kind: .counter, help: "x")
        let two: [MetricFamily.Sample] = [
            .init(suffix: "_total", labels: ["a": "1"], value: 1),
            .init(suffix: "_total", labels: ["a": "2"], value: 2),
        ]
        _ = try feed.take([MetricFamily(name: "m", metadata: metadata, samples: two)], at: 1000)
        _ = try feed.take(
            [MetricFamily(name: "m", metadata: metadata, samples: Array(two.prefix(1)))], at: 2000)
        #expect(store.values("m_total", ("a", "2")) == ["2", "stale"])
        #expect(store.values("up", ("job", "node"), ("instance", "box")) == ["1", "1"])
        #expect(store.state.withLock { $0.metadata } == ["m_total": metadata])
    }

    @Test func `the agent's own metrics are kept under its own job`() throws {
        let store = Remembering()
        let registry = Registry()
        registry.counter("martlet_things_total", "Things.").add(3)
        var feed = FamilyFeed(intake: store.intake, job: "martlet", instance: "box:9797")
        _ = try feed.take(registry.families(), at: 1000)
        #expect(
            store.values("martlet_things_total", ("job", "martlet"), ("instance", "box:9797")) == [
                "3"
            ])
    }

    @Test func `a counter born with its first events rises from zero, once`() throws {
        let store = Remembering()
        let registry = Registry()
        var feed = FamilyFeed(
            intake: store.intake, job: "martlet", instance: "box", zeroAt: 500)
        // Lines that were read before the first round: without the zero nobody would see them rise.
        let early = registry.counter("martlet_log_lines_total", "Lines.", ["source": "early"])
        early.add(40)
        let gauge = registry.gauge("martlet_log_files", "Files.")
        gauge.set(1)
        _ = try feed.take(registry.families(), at: 1000)
        registry.counter("martlet_log_lines_total", "Lines.", ["source": "late"]).add(7)
        early.add(2)
        _ = try feed.take(registry.families(), at: 2000)
        _ = try feed.take(registry.families(), at: 3000)
        func kept(_ source: String) -> [String] {
            store.state.withLock { state in
                state.samples.filter { $0.labels["source"] == source }
                    .map { "\($0.time): \(Int($0.value))" }
            }
        }
        #expect(kept("early") == ["500: 0", "1000: 40", "2000: 42", "3000: 42"])
        #expect(kept("late") == ["1000: 0", "2000: 7", "3000: 7"])
        #expect(store.values("martlet_log_files", ("job", "martlet")) == ["1", "1", "1"])
    }
}
