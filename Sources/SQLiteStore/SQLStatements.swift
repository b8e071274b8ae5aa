import GRDB
import GRDBSQLite

// GRDB binds and reads strings as C strings, which end at the first NUL: "a\0b" and "a\0c" would become one identity. These few
// functions bind and read with lengths. They use GRDB's connections, its cache of prepared statements and its error type.

/// A value bound to a statement.
enum SQLValue {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    init(_ number: Int) { self = .integer(Int64(number)) }
    init(_ number: Int?) { self = number.map { .integer(Int64($0)) } ?? .null }
    init(_ number: Int64?) { self = number.map(SQLValue.integer) ?? .null }
    init(_ number: Double?) { self = number.map(SQLValue.real) ?? .null }
    init(_ text: String?) { self = text.map(SQLValue.text) ?? .null }
}

/// The present row of a running statement; columns count from 0.
struct SQLRow {
    fileprivate let statement: OpaquePointer

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }
    func int64(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }
    func int(_ column: Int32) -> Int { Int(int64(column)) }
    func optionalInt64(_ column: Int32) -> Int64? { isNull(column) ? nil : int64(column) }
    func optionalInt(_ column: Int32) -> Int? { isNull(column) ? nil : int(column) }
    func double(_ column: Int32) -> Double { sqlite3_column_double(statement, column) }
    func optionalDouble(_ column: Int32) -> Double? { isNull(column) ? nil : sqlite3_column_double(statement, column) }

    /// The column's text, all of it; empty for NULL.
    func text(_ column: Int32) -> String {
        // The order matters: sqlite3_column_text may convert, sqlite3_column_bytes then counts the result.
        guard let start = sqlite3_column_text(statement, column) else { return "" }
        return String(
            decoding: UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column))), as: UTF8.self)
    }
    func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }
    func isInteger(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_INTEGER }

    /// The column's bytes; empty for NULL.
    func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(statement, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column))))
    }
}

extension Database {
    /// Runs a statement to its end and forgets its rows.
    func run(_ sql: String, _ values: SQLValue...) throws {
        try run(sql, values)
    }

    /// Runs a statement to its end and forgets its rows.
    func run(_ sql: String, _ values: [SQLValue]) throws {
        try step(sql, values) { _ in true }
    }

    /// All rows, each made into a value.
    func rows<T>(_ sql: String, _ values: [SQLValue], _ make: (SQLRow) throws -> T) throws -> [T] {
        var all: [T] = []
        try each(sql, values) { all.append(try make($0)) }
        return all
    }

    /// The first row made into a value; nil when there is none.
    func first<T>(_ sql: String, _ values: SQLValue..., make: (SQLRow) throws -> T) throws -> T? {
        var found: T?
        try step(sql, values) { row in
            found = try make(row)
            return false
        }
        return found
    }

    /// Walks through all rows.
    func each(_ sql: String, _ values: [SQLValue], _ take: (SQLRow) throws -> Void) throws {
        try step(sql, values) { row in
            try take(row)
            return true
        }
    }

    /// Steps through a cached statement while `take` says so. `take` must not run the same SQL again.
    func step(_ sql: String, _ values: [SQLValue], _ take: (SQLRow) throws -> Bool) throws {
        let statement = try cachedStatement(sql: sql).sqliteStatement
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        for (index, value) in values.enumerated() {
            let code = bind(value, to: statement, at: Int32(index + 1))
            guard code == SQLITE_OK else { throw failure(code, sql) }
        }
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: guard try take(SQLRow(statement: statement)) else { return }
            case SQLITE_DONE: return
            case let code: throw failure(code, sql)
            }
        }
    }

    private func bind(_ value: SQLValue, to statement: OpaquePointer, at index: Int32) -> Int32 {
        // SQLITE_TRANSIENT: SQLite makes its own copy before the call returns.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch value {
        case .null: return sqlite3_bind_null(statement, index)
        case .integer(let number): return sqlite3_bind_int64(statement, index, number)
        case .real(let number): return sqlite3_bind_double(statement, index, number)
        case .text(var text):
            return text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    guard let start = $0.baseAddress else { return sqlite3_bind_text(statement, index, "", 0, transient) }
                    return sqlite3_bind_text64(statement, index, start, UInt64($0.count), transient, UInt8(SQLITE_UTF8))
                }
            }
        case .blob(let bytes):
            // A nil pointer would be NULL.
            guard !bytes.isEmpty else { return sqlite3_bind_zeroblob(statement, index, 0) }
            return bytes.withUnsafeBytes { sqlite3_bind_blob64(statement, index, $0.baseAddress, UInt64($0.count), transient) }
        }
    }

    private func failure(_ code: Int32, _ sql: String) -> DatabaseError {
        let extended = sqliteConnection.map(sqlite3_extended_errcode) ?? code
        return DatabaseError(resultCode: ResultCode(rawValue: extended), message: lastErrorMessage, sql: sql)
    }
}
