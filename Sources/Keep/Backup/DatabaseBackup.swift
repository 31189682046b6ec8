// Databases in a back-up: `VACUUM INTO` gives a consistent copy of one that is in use, without waiting
// for its writers, and without what was deleted.

internal import Basics
internal import GRDB

extension RecordKeeper {
    /// Adds the records.
    ///
    /// They come first in a back-up: what they say was done is then in what follows.
    public func backUp(to backup: BackupFolder) throws(BackupError) {
        do {
            try backUp(to: backup.place("martlet.db"))
            try backup.take("martlet.db")
        } catch {
            throw .failed("\(error)")
        }
    }
}

extension LogKeeper {
    /// Adds the day files.
    public func backUp(to backup: BackupFolder) throws(BackupError) {
        for day in dayFiles(in: folder) {
            try backUpDatabase(day.path, as: "logs/\(day.name).db", to: backup)
        }
    }
}

extension PredictionKeeper {
    /// Adds the day files.
    public func backUp(to backup: BackupFolder) throws(BackupError) {
        for day in dayFiles(in: folder) {
            try backUpDatabase(day.path, as: "predictions/\(day.name).db", to: backup)
        }
    }
}

extension ProfileKeeper {
    /// Adds the profiles.
    public func backUp(to backup: BackupFolder) throws(BackupError) {
        try backUpDatabase(path, as: "profiles.db", to: backup)
    }
}

extension PairKeeper {
    /// Adds the pairs of a data folder, which the rehearsals of an agent may have open.
    public static func backUp(_ folder: String, to backup: BackupFolder) throws(BackupError) {
        try backUpDatabase(folder + "/pairs.db", as: "pairs.db", to: backup)
    }
}

/// Adds a copy of a database that may be in use; one that was removed meanwhile is left out.
func backUpDatabase(
    _ path: String, as name: String, to backup: BackupFolder
) throws(BackupError) {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(5)
    do {
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        let target = try backup.place(name)
        try queue.inDatabase { db in
            try db.execute(sql: "VACUUM INTO ?", arguments: [target])
        }
        try queue.close()
        try backup.take(name)
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CANTOPEN {
        return
    } catch {
        throw .failed("cannot back up \(path): \(error)")
    }
}
