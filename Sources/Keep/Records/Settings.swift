// Single values by name: the last checkpoint of a loop, a choice made on a page.

internal import GRDB

/// Texts by key.
public struct Settings: Sendable {
    let base: RecordBase

    /// The value of a key; nil when it was never set.
    public func value(_ key: String) throws(RecordError) -> String? {
        try base.read("read a setting") { db in
            try String.fetchOne(
                db, sql: "SELECT value FROM settings WHERE key = ?", arguments: [key])
        }
    }

    /// Sets a key, or removes it when the value is nil.
    public func set(_ key: String, _ value: String?) throws(RecordError) {
        try base.write("write a setting") { db in
            if let value {
                try db.execute(
                    sql: "INSERT OR REPLACE INTO settings VALUES (?, ?)", arguments: [key, value])
            } else {
                try db.execute(sql: "DELETE FROM settings WHERE key = ?", arguments: [key])
            }
        }
    }

    /// All settings whose key begins with a prefix, sorted by key.
    public func all(
        prefix: String = ""
    ) throws(RecordError) -> [(key: String, value: String)] {
        try base.read("read the settings") { db in
            try Row.fetchAll(
                db,
                sql:
                    "SELECT key, value FROM settings WHERE substr(key, 1, length(?)) = ? ORDER BY key",
                arguments: [prefix, prefix]
            ).map { (key: $0[0], value: $0[1]) }
        }
    }
}
