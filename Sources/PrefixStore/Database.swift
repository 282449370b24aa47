internal import CSQLite

/// A file of SQLite, open; closed when nobody holds it any more.
///
/// Belongs to one thread at a time.
final class Database {
    /// What SQLite says went wrong.
    struct Fault: Error, CustomStringConvertible {
        let message: String

        var description: String { message }
    }

    private let handle: OpaquePointer

    init(path: String) throws(Fault) {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2(path, &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            sqlite3_close_v2(opened)
            throw Fault(message: String(cString: sqlite3_errstr(code)))
        }
        handle = opened
        sqlite3_busy_timeout(handle, 1000)
    }

    // Statements that are still held keep it open until they go.
    deinit { sqlite3_close_v2(handle) }

    /// Runs one statement and drops what it answers.
    func run(_ text: String) throws(Fault) {
        guard sqlite3_exec(handle, text, nil, nil, nil) == SQLITE_OK else { throw fault }
    }

    func prepare(_ text: String) throws(Fault) -> Statement {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(handle, text, -1, &statement, nil) == SQLITE_OK, let statement else {
            throw fault
        }
        return Statement(statement, of: self)
    }

    fileprivate var fault: Fault { Fault(message: String(cString: sqlite3_errmsg(handle))) }

    /// One statement, to be run any number of times.
    final class Statement {
        private let handle: OpaquePointer
        private let database: Database

        fileprivate init(_ handle: OpaquePointer, of database: Database) {
            self.handle = handle
            self.database = database
        }

        deinit { sqlite3_finalize(handle) }

        /// Places count from 1.
        func bind(_ place: Int32, _ number: Int64) { sqlite3_bind_int64(handle, place, number) }

        func bind(_ place: Int32, _ bytes: [UInt8]) {
            bytes.withUnsafeBytes {
                _ = sqlite_bind_copy(handle, place, $0.baseAddress, Int32(clamping: $0.count))
            }
        }

        /// Whether there is a row, the next one.
        func step() throws(Fault) -> Bool {
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
        func finish() throws(Fault) {
            while try step() {}
            reset()
        }

        func reset() { sqlite3_reset(handle) }

        /// Columns count from 0.
        func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

        func blob(_ column: Int32) -> [UInt8] {
            let start = sqlite3_column_blob(handle, column)
            let count = Int(sqlite3_column_bytes(handle, column))
            return Array(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
        }
    }
}
