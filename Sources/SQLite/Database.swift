internal import CSQLite

/// A file of SQLite, open; closed when nobody holds it any more.
///
/// Belongs to one thread at a time.
public final class Database {
    /// What SQLite says went wrong.
    public struct Fault: Error, CustomStringConvertible {
        public enum Kind: Sendable {
            /// There is no file at this place, and there cannot be one.
            case unreachable
            /// What lies there is no database, or no longer a whole one.
            case damaged
            case other
        }

        public let message: String
        public let kind: Kind

        public init(message: String, _ kind: Kind = .other) {
            self.message = message
            self.kind = kind
        }

        fileprivate init(_ code: Int32, _ message: UnsafePointer<CChar>) {
            self.message = String(cString: message)
            kind =
                switch code & 0xFF {
                case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_READONLY: .unreachable
                case SQLITE_NOTADB, SQLITE_CORRUPT: .damaged
                default: .other
                }
        }

        public var description: String { message }
    }

    private let handle: OpaquePointer

    public init(path: String, patience: Duration = .seconds(1)) throws(Fault) {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2(path, &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            sqlite3_close_v2(opened)
            throw Fault(code, sqlite3_errstr(code))
        }
        handle = opened
        sqlite3_busy_timeout(handle, Int32(clamping: Int(patience / .milliseconds(1))))
    }

    // Statements that are still held keep it open until they go.
    deinit { sqlite3_close_v2(handle) }

    /// Runs one statement and drops what it answers.
    public func run(_ text: String) throws(Fault) {
        guard sqlite3_exec(handle, text, nil, nil, nil) == SQLITE_OK else { throw fault }
    }

    public func prepare(_ text: String) throws(Fault) -> Statement {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(handle, text, -1, &statement, nil) == SQLITE_OK, let statement else {
            throw fault
        }
        return Statement(statement, of: self)
    }

    /// Rows that the last statement changed.
    public var changeCount: Int { Int(sqlite3_changes(handle)) }

    /// Whether a transaction is open: some errors end it.
    public var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    fileprivate var fault: Fault { Fault(sqlite3_errcode(handle), sqlite3_errmsg(handle)) }

    /// One statement, to be run any number of times.
    public final class Statement {
        private let handle: OpaquePointer
        private let database: Database

        fileprivate init(_ handle: OpaquePointer, of database: Database) {
            self.handle = handle
            self.database = database
        }

        deinit { sqlite3_finalize(handle) }

        /// Places count from 1.
        public func bind(_ place: Int32, _ number: Int64) { sqlite3_bind_int64(handle, place, number) }

        public func bind(_ place: Int32, _ bytes: [UInt8]) {
            bytes.withUnsafeBytes {
                _ = sqlite_bind_copy(handle, place, $0.baseAddress, Int32(clamping: $0.count))
            }
        }

        public func bindNull(_ place: Int32) { sqlite3_bind_null(handle, place) }

        /// Whether there is a row, the next one.
        public func step() throws(Fault) -> Bool {
            switch sqlite3_step(handle) {
            case SQLITE_ROW: return true
            case SQLITE_DONE: return false
            default:
                let fault = database.fault
                sqlite3_reset(handle)
                throw fault
            }
        }

        /// Runs it to its end, for a statement without an answer.
        public func finish() throws(Fault) {
            while try step() {}
            reset()
        }

        public func reset() { sqlite3_reset(handle) }

        /// Columns count from 0.
        public func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

        public func isNull(_ column: Int32) -> Bool {
            sqlite3_column_type(handle, column) == SQLITE_NULL
        }

        public func blob(_ column: Int32) -> [UInt8] {
            let start = sqlite3_column_blob(handle, column)
            let count = Int(sqlite3_column_bytes(handle, column))
            return Array(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
        }
    }
}
