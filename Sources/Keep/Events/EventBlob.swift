// Bytes in a column. GRDB speaks Foundation's Data there; this is the one file that has to name it,
// so that the rest of the room stays without Foundation.

internal import FoundationEssentials
internal import GRDB

/// A run of bytes as a column's value.
struct Blob: DatabaseValueConvertible, Sendable {
    var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var databaseValue: DatabaseValue { Data(bytes).databaseValue }

    static func fromDatabaseValue(_ value: DatabaseValue) -> Blob? {
        Data.fromDatabaseValue(value).map { Blob(Array($0)) }
    }
}
