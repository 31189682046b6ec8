// The host's collectors: against the real node exporter on this machine, and against machines that
// are not this one (a container without PSI, a laptop with an optical disc).

import Basics
import Foundation
import Testing

@testable import Collect

private let exporter = "/usr/bin/prometheus-node-exporter"
private let exporterIsInstalled = FileManager.default.isExecutableFile(atPath: exporter)

/// The page of a real node exporter, run for a moment.
private func exporterPage() async throws -> String {
    let port = Int.random(in: 20_000...30_000)
    let process = Process()
    process.executableURL = URL(filePath: exporter)
    process.arguments = ["--web.listen-address=127.0.0.1:\(port)"]
    process.standardError = FileHandle.nullDevice
    try process.run()
    defer {
        process.terminate()
        process.waitUntilExit()
    }
    for _ in 0..<100 {
        let client = Process()
        let pipe = Pipe()
        client.executableURL = URL(filePath: "/usr/bin/curl")
        client.arguments = ["-sf", "http://127.0.0.1:\(port)/metrics"]
        client.standardOutput = pipe
        try client.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        client.waitUntilExit()
        if !data.isEmpty { return String(decoding: data, as: UTF8.self) }
        try await Task.sleep(for: .milliseconds(50))
    }
    return ""
}

@Suite struct HostTests {
    @Test(.enabled(if: exporterIsInstalled, "prometheus-node-exporter is not installed"))
    func `names, types and labels are node exporter's`() async throws {
        let page = try await exporterPage()
        var types: [String: String] = [:]
        var labelNames: [String: Set<String>] = [:]
        for line in page.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# TYPE ") { types[String(words[2])] = String(words[3]) }
            if line.hasPrefix("node_") {
                let name = String(line.prefix { $0 != "{" && $0 != " " })
                let names =
                    line.contains("{")
                    ? line.split(separator: "{")[1].split(separator: "=\"").dropLast().map { part in
                        String(part.reversed().prefix { $0.isLetter || $0 == "_" }.reversed())
                    } : []
                labelNames[name, default: []].formUnion(names)
            }
        }
        let ours = Host(clock: .system).families().filter { $0.name.hasPrefix("node_") }
        #expect(ours.count > 100)
        for family in ours {
            let name = family.name + (family.samples.first?.suffix ?? "")
            // Sensors come and go with the machine; what the exporter has not, nobody can compare.
            guard let type = types[name] else {
                #expect(name.hasPrefix("node_thermal"), "\(name) is not a node exporter's")
                continue
            }
            let kind = family.metadata.kind == .unknown ? "untyped" : family.metadata.kind.rawValue
            #expect(kind == type, "\(name)")
            let names = Set(family.samples.flatMap { $0.labels.map(\.name) })
            #expect(names == labelNames[name] ?? [], "\(name)")
        }
    }

    @Test func `a container without PSI and disks still gives what it has`() {
        let files = HostFiles(
            read: { path in
                switch path {
                case "/proc/stat": "cpu  1 2 3 4\ncpu0 100 0 50 800 10 0 5 0 0 0\nctxt 7\nbtime 9\n"
                case "/proc/meminfo":
                    "MemTotal: 1000 kB\nMemAvailable: 400 kB\nHugePages_Total: 0\n"
                case "/proc/loadavg": "0.10 0.20 0.30 1/2 3"
                case "/proc/1/mounts": "overlay / overlay rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n"
                default: nil
                }
            },
            list: { _ in [] },
            measure: { _ in
                FilesystemSize(
                    sizeBytes: 100, freeBytes: 60, availableBytes: 50, files: 10, filesFree: 5,
                    isReadOnly: false)
            })
        let families = Host(files: files, clock: .system).families()
        func value(_ name: String, _ labels: Labels = .empty) -> Double? {
            families.first { $0.name == name }?.samples.first { $0.labels == labels }?.value
        }
        #expect(value("node_cpu_seconds", ["cpu": "0", "mode": "idle"]) == 8)
        #expect(value("node_memory_MemAvailable_bytes") == 409_600)
        #expect(value("node_memory_HugePages_Total") == 0)
        #expect(value("node_load5") == 0.2)
        #expect(!families.contains { $0.name.contains("pressure") })
        let mounts = families.first { $0.name == "node_filesystem_avail_bytes" }?.samples
        #expect(mounts?.map { $0.labels["mountpoint"] } == ["/tmp"])
        #expect(value("node_scrape_collector_success", ["collector": "diskstats"]) == 0)
        #expect(value("node_scrape_collector_success", ["collector": "pressure"]) == 1)
    }

    @Test func `disks are devices and never partitions`() {
        let row = " 100 0 2000 40 50 0 1000 20 0 60 60"
        let files = HostFiles(
            read: { path in
                guard path == "/proc/diskstats" else { return nil }
                return ["sda", "sda1", "nvme0n1", "nvme0n1p2", "loop3", "dm-0", "xvdb", "xvdb4"]
                    .map { " 8 0 \($0)\(row)" }.joined(separator: "\n")
            }, list: { _ in [] }, measure: { _ in nil })
        let families = HostCollector.disk.collect(files, 0) ?? []
        let read = families.first { $0.name == "node_disk_read_bytes" }?.samples ?? []
        #expect(read.compactMap { $0.labels["device"] } == ["sda", "nvme0n1", "dm-0", "xvdb"])
        #expect(read.first?.value == 2000 * 512)
    }
}
