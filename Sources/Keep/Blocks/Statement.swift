// SQLite statements by the row. GRDB opens, configures and guards connections; the hot loops of blocks
// bind and step by themselves, because a row here is five integers and a blob, and GRDB's blobs are
// Foundation's Data.

internal import Basics
internal import GRDB
internal import GRDBSQLite

/// A prepared statement of one connection, used inside a database access only.
struct RowStatement {
    private let handle: OpaquePointer

    init(_ database: Database, _ sql: String) throws {
        handle = try database.cachedStatement(sql: sql).sqliteStatement
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    func bind(_ index: Int, _ value: Int64) { sqlite3_bind_int64(handle, Int32(index), value) }

    func bindNull(_ index: Int) { sqlite3_bind_null(handle, Int32(index)) }

    /// Binds bytes; SQLite copies them.
    func bind(_ index: Int, _ bytes: [UInt8]) {
        bytes.withUnsafeBytes { raw in
            let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
            if raw.isEmpty {
                sqlite3_bind_zeroblob(handle, Int32(index), 0)
            } else {
                sqlite3_bind_blob(
                    handle, Int32(index), raw.baseAddress, Int32(raw.count), transient)
            }
        }
    }

    /// Runs a statement that yields no rows.
    func run() throws {
        defer { sqlite3_reset(handle) }
        let code = sqlite3_step(handle)
        guard code == SQLITE_DONE || code == SQLITE_ROW else { throw fault(code) }
    }

    /// Moves to the next row; false at the end, where the statement is reset.
    func next() throws -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        let error = code == SQLITE_DONE ? nil : fault(code)
        sqlite3_reset(handle)
        if let error { throw error }
        return false
    }

    func reset() { sqlite3_reset(handle) }

    func integer(_ column: Int) -> Int64 { sqlite3_column_int64(handle, Int32(column)) }

    func bytes(_ column: Int) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, Int32(column)) else { return [] }
        let count = Int(sqlite3_column_bytes(handle, Int32(column)))
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    private func fault(_ code: Int32) -> DatabaseError {
        let connection = sqlite3_db_handle(handle)
        let message = sqlite3_errmsg(connection).map { String(cString: $0) }
        return DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
    }
}

extension KeepError {
    /// What SQLite said to an operation on a file.
    init(_ error: any Error, _ operation: String, _ path: String) {
        switch error {
        case let error as KeepError: self = error
        case let error as FileError: self.init(error)
        case let error as DatabaseError where error.resultCode == .SQLITE_FULL:
            self = .diskFull(path: path)
        case let error as DatabaseError
        where error.resultCode == .SQLITE_READONLY || error.resultCode == .SQLITE_CANTOPEN:
            self = .unwritable(path: path, reason: error.message ?? "\(error.resultCode)")
        case let error as DatabaseError:
            self = .failed(
                operation: operation, path: path, reason: error.message ?? "\(error.resultCode)")
        default: self = .failed(operation: operation, path: path, reason: "\(error)")
        }
    }
}
