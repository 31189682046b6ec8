// The names of the day files, and their order. What does not look like a day is not touched.

internal import Basics

/// A day's file by name.
struct DayFile: Equatable {
    /// Days since the epoch.
    let day: Int64
    let folder: String

    /// `2026-11-21`.
    var name: String { CivilTime(day * 86_400_000).dateText }
    var path: String { "\(folder)/\(name).db" }
}

/// The day files of a folder, oldest first.
func dayFiles(in folder: String) -> [DayFile] {
    let names = (try? Files.system.list(folder)) ?? []
    return names.compactMap { name -> DayFile? in
        guard name.hasSuffix(".db"), let time = parseRFC3339(String(name.dropLast(3))) else {
            return nil
        }
        let file = DayFile(day: time.flooredDivision(by: 86_400_000), folder: folder)
        return file.name + ".db" == name ? file : nil
    }.sorted { $0.day < $1.day }
}

/// The bytes of a day's file and of its write-ahead log.
func bytes(of day: DayFile) -> Int {
    let files = Files.system
    return ["", "-wal"].reduce(0) { total, suffix in
        guard let file = try? files.open(day.path + suffix, .read) else { return total }
        defer { files.close(file) }
        return total + ((try? files.size(file)) ?? 0)
    }
}
