// Profiles of answers at rest: `profiles.db`, one SQLite file, which outlives the rows. Each profile is
// of one arrival day's rows, and those of a day are replaced together, in one transaction: however
// often a day is profiled, and wherever the agent was killed, each answer is counted once. What a
// profile is is Reason's affair; here it is bytes with a checksum. The calls block; never on the
// cooperative pool.

public import Basics
internal import Bytes
internal import GRDB

/// A profile as it is kept.
public struct KeptProfile: Sendable, Equatable {
    public var key: ModelVersion
    /// Empty for all answers.
    public var segment: String
    /// When the day of the answers begins (UTC).
    public var since: Millis
    public var rows: Int
    public var bytes: [UInt8]

    public init(key: ModelVersion, segment: String, since: Millis, rows: Int, bytes: [UInt8]) {
        self.key = key
        self.segment = segment
        self.since = since
        self.rows = rows
        self.bytes = bytes
    }
}

/// The profiles of all days.
public final class ProfileKeeper: Sendable {
    var path: String { base.path }
    private let base: RecordBase
    private let damaged: Counter
    private let bytesGauge: Gauge
    private let profilesGauge: Gauge

    /// Opens `folder/profiles.db` or makes it.
    public init(folder: String, registry: Registry) throws(RecordError) {
        damaged = registry.counter(
            "martlet_prediction_profiles_damaged_total", "Profiles found damaged and left out.")
        bytesGauge = registry.gauge(
            "martlet_prediction_profile_bytes", "Bytes of the kept profiles of answers.")
        profilesGauge = registry.gauge(
            "martlet_prediction_profiles", "Profiles of answers that are kept.")
        let failures = registry.counter(
            "martlet_prediction_profile_failures_total",
            "Reads and writes of profiles.db that failed.")
        base = try RecordBase.open(
            "profiles.db", in: folder, overwrites: false, failures: failures,
            migrator: profileMigrator())
        measure()
    }

    /// Puts the profiles of an arrival day (in days since the epoch) in the place of those it had.
    public func replace(
        arrival: Int64, _ profiles: [KeptProfile], at time: Millis
    ) throws(RecordError) {
        try base.write("keep profiles") { db in
            try db.execute(sql: "DELETE FROM profiles WHERE arrival = ?", arguments: [arrival])
            for profile in profiles {
                try db.cachedStatement(
                    sql: "INSERT INTO profiles VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                ).execute(arguments: [
                    arrival, profile.key.model, profile.key.version, profile.segment,
                    profile.since, profile.rows, Int64(crc32c(profile.bytes)),
                    Blob(profile.bytes),
                ])
            }
            try db.execute(
                sql: "INSERT OR REPLACE INTO arrivals VALUES (?, ?)", arguments: [arrival, time])
        }
        measure()
    }

    /// Notes that a day's profiles are still what its rows and labels say.
    public func confirm(arrival: Int64, at time: Millis) throws(RecordError) {
        try base.write("confirm profiles") { db in
            try db.execute(
                sql: "UPDATE arrivals SET made_at = ? WHERE day = ?", arguments: [time, arrival])
        }
    }

    /// The arrival days that have their profiles, and when these were made or confirmed.
    public func arrivals() throws(RecordError) -> [Int64: Millis] {
        try base.read("read the days of profiles", arrivals(in:))
    }

    /// The profiles of a model and segment whose days begin in one of some ranges, by day, and the arrival
    /// days that are in them, all as of one moment: a day is either in both or in neither.
    ///
    /// - Parameter version: nil for all versions.
    public func profiles(
        _ model: String, version: String?, segment: String, ranges: [TimeRange]
    ) throws(RecordError) -> (byRange: [[KeptProfile]], arrivals: Set<Int64>) {
        try base.read("read profiles") { db in
            let found = try ranges.map { range in
                try profiles(of: model, version, segment, range, in: db)
            }
            return (found, Set(try arrivals(in: db).keys))
        }
    }

    private func arrivals(in db: Database) throws -> [Int64: Millis] {
        var found: [Int64: Millis] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT day, made_at FROM arrivals") {
            found[row[0]] = row[1]
        }
        return found
    }

    private func profiles(
        of model: String, _ version: String?, _ segment: String, _ range: TimeRange,
        in db: Database
    ) throws -> [KeptProfile] {
        let cursor = try Row.fetchCursor(
            db,
            sql: """
                SELECT version, since, rows, checksum, bytes FROM profiles
                WHERE model = ? AND segment = ? AND since BETWEEN ? AND ?
                ORDER BY since, arrival
                """, arguments: [model, segment, range.from, range.through])
        var found: [KeptProfile] = []
        while let row = try cursor.next() {
            if let version, version != row[0] as String { continue }
            guard let blob = row[4] as Blob?, Int64(crc32c(blob.bytes)) == row[3] as Int64
            else {
                damaged.add()
                continue
            }
            found.append(
                KeptProfile(
                    key: ModelVersion(model, row[0]), segment: segment, since: row[1],
                    rows: row[2], bytes: blob.bytes))
        }
        return found
    }

    /// The segments of a model that have profiles.
    public func segments(_ model: String) throws(RecordError) -> [String] {
        try base.read("read the segments of profiles") { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT DISTINCT segment FROM profiles
                    WHERE model = ? AND segment <> '' ORDER BY segment
                    """, arguments: [model])
        }
    }

    /// Forgets days that began before a time.
    public func prune(before time: Millis) throws(RecordError) {
        try base.write("forget old profiles") { db in
            try db.execute(sql: "DELETE FROM profiles WHERE since < ?", arguments: [time])
            try db.execute(
                sql: "DELETE FROM arrivals WHERE day < ?",
                arguments: [time.flooredDivision(by: 86_400_000)])
        }
        measure()
    }

    /// Bytes of the file, and how many profiles it holds.
    public var stats: (bytes: Int, profiles: Int) {
        let files = Files.system
        var bytes = 0
        for suffix in ["", "-wal"] {
            guard let file = try? files.open(base.path + suffix, .read) else { continue }
            bytes += (try? files.size(file)) ?? 0
            files.close(file)
        }
        let count = try? base.read("count profiles") {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM profiles")
        }
        return (bytes, count ?? 0)
    }

    /// Writes the log into the file and closes it.
    public func close() throws(RecordError) { try base.close() }

    private func measure() {
        let (bytes, profiles) = stats
        bytesGauge.set(Double(bytes))
        profilesGauge.set(Double(profiles))
    }
}

private func profileMigrator() -> DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("profiles-1") { db in
        try db.execute(
            sql: """
                CREATE TABLE profiles (
                    arrival INTEGER NOT NULL, model TEXT NOT NULL, version TEXT NOT NULL,
                    segment TEXT NOT NULL, since INTEGER NOT NULL, rows INTEGER NOT NULL,
                    checksum INTEGER NOT NULL, bytes BLOB NOT NULL
                );
                CREATE INDEX profiles_by_key ON profiles (model, segment, since);
                CREATE INDEX profiles_by_arrival ON profiles (arrival);
                CREATE TABLE arrivals (day INTEGER PRIMARY KEY NOT NULL, made_at INTEGER NOT NULL);
                """)
    }
    return migrator
}
