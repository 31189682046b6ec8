// The series' part of a back-up, taken from a store that goes on: maintenance waits, so nothing is
// sealed, merged or removed meanwhile; the journal begins a new segment, so those before it are whole;
// blocks never change and get a second name; the archive's files are copied one by one under their locks.

internal import Basics

extension SeriesKeeper {
    /// Adds everything that has been acknowledged so far.
    public func backUp(to backup: BackupFolder) throws(BackupError) {
        // The compiler cannot see that one thread alone uses the object: the closure runs here, before
        // the return.
        nonisolated(unsafe) let backup = backup
        try maintenance.withLock { _ throws(BackupError) in
            do {
                try journal.settle(head)
                for segment in try journal.rotate() {
                    try backup.copy("\(journal.folder)/\(segment)", as: "journal/\(segment)")
                }
                for block in shelf.blocks {
                    try backup.link(block.info.path, as: "blocks/\(block.info.name)")
                }
                try archive.backUp(to: backup)
            } catch {
                throw .failed("cannot back up to \(backup.path): \(error)")
            }
        }
    }
}

extension Archive {
    /// Adds the index first, so that each file that it names is there; later ones are not missed.
    func backUp(to backup: BackupFolder) throws {
        let entries = entries
        try index.backUp(to: backup.place("archive/index.db"))
        try backup.take("archive/index.db")
        for entry in entries {
            for tier in settings.tiers {
                let path = file(entry, tier).path
                let name = path.dropFirst(settings.folder.count + 1)
                try gated(entry) { () throws(ArchiveFault) in
                    do throws(FileError) {
                        try backup.copy(path, as: "archive/\(name)")
                    } catch {
                        // A series that has not been sealed yet has no file.
                        if !error.isMissing {
                            throw ArchiveFault(path: path, reason: error.description)
                        }
                    }
                }
            }
        }
    }
}
