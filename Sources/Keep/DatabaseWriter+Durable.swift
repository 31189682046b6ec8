// GRDB lowers `synchronous` to NORMAL when it turns write-ahead logging on, after everything that a
// configuration may prepare: a commit then returns before it is on the disk, and a power loss takes it.
// Whatever tells somebody "kept" raises it again here, once its database is open.

internal import Basics
internal import GRDB

extension DatabaseWriter {
    /// Makes each commit of this writer reach the disk before it returns.
    func syncEachCommit() throws {
        try writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = FULL")
        }
    }
}

extension Configuration {
    /// Opens for reading only, unless a kill within the very first transaction left a rollback journal:
    /// only a writer plays that back, and there is nothing yet that could be damaged.
    mutating func readOnlyUnlessInterrupted(_ path: String) {
        let journal = try? Files.system.open(path + "-journal", .read)
        if let journal { Files.system.close(journal) }
        readonly = journal == nil
    }
}
