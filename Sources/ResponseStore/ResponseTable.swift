internal import Contract
internal import EventLoop
internal import Glibc
internal import SQLite

/// The rows of a store in a file of SQLite, or in memory.
///
/// | column     | says                                                                               |
/// |------------|------------------------------------------------------------------------------------|
/// | started    | 1 once something of it was made                                                    |
/// | life       | which process runs it, while there is no result                                    |
/// | stopping   | 0; 1: it is to be cancelled; 2: and to be removed, so nobody finds it any more     |
/// | used       | when it was stored or last built upon, in milliseconds since 1970                  |
///
/// Triggers keep the sums, so that several processes agree on them. Belongs to one thread.
final class ResponseTable {
    /// What is asked of a response that is running.
    enum Stopping: Int64 {
        case no
        case cancel
        case remove
    }

    /// Of the schema; a file of another version is left alone.
    private static let version: Int64 = 1

    private let database: Database
    private let path: String?
    private let life: Life
    private let limits: ResponseStoreLimits
    private let insert: Database.Statement
    private let update: Database.Statement
    private let select: Database.Statement
    private let use: Database.Statement
    private let stop: Database.Statement
    private let start: Database.Statement
    private let delete: Database.Statement
    private let stopped: Database.Statement
    private let sums: Database.Statement
    private let oldest: Database.Statement
    private let expire: Database.Statement
    private var nextSweep = Instant.zero
    /// Names of processes that have gone.
    private var overLives: Set<String> = []

    init(path: String?, life: Life, limits: ResponseStoreLimits) throws(Database.Fault) {
        self.path = path
        self.life = life
        self.limits = limits
        database = try Database(path: path ?? ":memory:", patience: limits.patience)
        try Self.prepare(database)
        insert = try database.prepare(
            "INSERT OR REPLACE INTO responses VALUES (?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?)"
        )
        update = try database.prepare("UPDATE responses SET result = ?, bytes = ? WHERE id = ? AND owner = ?")
        select = try database.prepare(
            """
            SELECT previous, background, request, result, life, stopping, started FROM responses
            WHERE id = ? AND owner = ?
            """
        )
        use = try database.prepare("UPDATE responses SET used = ? WHERE id = ?")
        stop = try database.prepare("UPDATE responses SET stopping = max(stopping, ?) WHERE id = ?")
        start = try database.prepare("UPDATE responses SET started = 1 WHERE id = ?")
        delete = try database.prepare("DELETE FROM responses WHERE id = ?")
        stopped = try database.prepare(
            "SELECT id FROM responses WHERE stopping > 0 AND life = ? AND result IS NULL"
        )
        sums = try database.prepare("SELECT count, bytes FROM sums")
        oldest = try database.prepare(
            "SELECT id FROM responses WHERE result IS NOT NULL OR life <> ? ORDER BY used LIMIT 64"
        )
        expire = try database.prepare(
            "DELETE FROM responses WHERE used < ? AND (result IS NOT NULL OR life <> ?)"
        )
    }

    private static func prepare(_ database: Database) throws(Database.Fault) {
        try database.run("PRAGMA journal_mode = WAL")
        // What was told to be stored outlives a loss of power too.
        try database.run("PRAGMA synchronous = FULL")
        try database.run("BEGIN IMMEDIATE")
        do throws(Database.Fault) {
            let found = try database.prepare("PRAGMA user_version")
            let version = try found.step() ? found.integer(0) : 0
            found.reset()
            guard version == 0 || version == Self.version else {
                throw Database.Fault(message: "its version is \(version) and not \(Self.version)", .damaged)
            }
            try database.run(schema)
            try database.run("PRAGMA user_version = \(Self.version)")
            try database.run("COMMIT")
        } catch {
            if database.isInTransaction { try? database.run("ROLLBACK") }
            throw error
        }
    }

    private static let schema = """
        CREATE TABLE IF NOT EXISTS responses (
            id BLOB PRIMARY KEY, owner BLOB NOT NULL, life BLOB NOT NULL, previous BLOB,
            background INTEGER NOT NULL, started INTEGER NOT NULL, stopping INTEGER NOT NULL,
            used INTEGER NOT NULL, bytes INTEGER NOT NULL, request BLOB NOT NULL, result BLOB);
        CREATE INDEX IF NOT EXISTS by_use ON responses (used);
        CREATE INDEX IF NOT EXISTS to_stop ON responses (life) WHERE stopping > 0 AND result IS NULL;
        CREATE TABLE IF NOT EXISTS sums (count INTEGER NOT NULL, bytes INTEGER NOT NULL);
        INSERT INTO sums SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM sums);
        CREATE TRIGGER IF NOT EXISTS added AFTER INSERT ON responses BEGIN
            UPDATE sums SET count = count + 1, bytes = bytes + new.bytes;
        END;
        CREATE TRIGGER IF NOT EXISTS changed AFTER UPDATE OF bytes ON responses BEGIN
            UPDATE sums SET bytes = bytes - old.bytes + new.bytes;
        END;
        CREATE TRIGGER IF NOT EXISTS removed AFTER DELETE ON responses BEGIN
            UPDATE sums SET count = count - 1, bytes = bytes - old.bytes;
        END;
        PRAGMA recursive_triggers = ON;
        """

    // MARK: Transactions

    func begin() throws(Database.Fault) { try database.run("BEGIN IMMEDIATE") }
    func commit() throws(Database.Fault) { try database.run("COMMIT") }
    func rollback() { if database.isInTransaction { try? database.run("ROLLBACK") } }

    // MARK: Rows

    func add(_ row: ResponseRow, _ owner: ResponseOwner) throws(Database.Fault) {
        insert.bind(1, row.id.bytes)
        insert.bind(2, owner.digest)
        insert.bind(3, Array(life.name.utf8))
        if let previous = row.previous { insert.bind(4, previous.bytes) } else { insert.bindNull(4) }
        insert.bind(5, row.isBackground ? 1 : 0)
        insert.bind(6, Self.now)
        insert.bind(7, Int64(row.byteCount))
        insert.bind(8, row.request)
        if let result = row.result { insert.bind(9, result) } else { insert.bindNull(9) }
        try insert.finish()
    }

    /// Writes what came of a response; one that is to be removed goes, and one that is not there comes in.
    func end(_ row: ResponseRow, _ owner: ResponseOwner) throws(Database.Fault) {
        if let (_, stopping) = try find(row.id, owner), stopping == .remove { return try remove(row.id) }
        update.bind(1, row.result ?? [])
        update.bind(2, Int64(row.byteCount))
        update.bind(3, row.id.bytes)
        update.bind(4, owner.digest)
        try update.finish()
        if database.changeCount == 0 { try add(row, owner) }
    }

    /// Nil for what is not there, or not this owner's.
    func find(_ id: JobID, _ owner: ResponseOwner) throws(Database.Fault) -> (ResponseRow, Stopping)? {
        select.bind(1, id.bytes)
        select.bind(2, owner.digest)
        defer { select.reset() }
        guard try select.step() else { return nil }
        var row = ResponseRow(
            id: id,
            previous: select.isNull(0) ? nil : JobID(bytes: select.blob(0)),
            isBackground: select.integer(1) != 0,
            request: select.blob(2),
            result: select.isNull(3) ? nil : select.blob(3)
        )
        row.hasStarted = select.integer(6) != 0
        row.isLost = row.result == nil && isOver(select.blob(4))
        return (row, Stopping(rawValue: select.integer(5)) ?? .no)
    }

    func touch(_ id: JobID) throws(Database.Fault) {
        use.bind(1, Self.now)
        use.bind(2, id.bytes)
        try use.finish()
    }

    func markStarted(_ id: JobID) throws(Database.Fault) {
        start.bind(1, id.bytes)
        try start.finish()
    }

    func ask(_ id: JobID, _ stopping: Stopping) throws(Database.Fault) {
        stop.bind(1, stopping.rawValue)
        stop.bind(2, id.bytes)
        try stop.finish()
    }

    func remove(_ id: JobID) throws(Database.Fault) {
        delete.bind(1, id.bytes)
        try delete.finish()
    }

    /// Running responses of this process that somebody wants to stop.
    func toStop() throws(Database.Fault) -> [JobID] {
        stopped.bind(1, Array(life.name.utf8))
        defer { stopped.reset() }
        var ids: [JobID] = []
        while try stopped.step() { if let id = JobID(bytes: stopped.blob(0)) { ids.append(id) } }
        return ids
    }

    private func isOver(_ name: [UInt8]) -> Bool {
        let name = String(decoding: name, as: UTF8.self)
        guard let path, name != life.name else { return false }
        if overLives.contains(name) { return true }
        guard name.utf8.allSatisfy({ UnicodeScalar($0).properties.isASCIIHexDigit }) else { return true }
        let isOver = Life.isOver(name, beside: path)
        if isOver { overLives.insert(name) }
        return isOver
    }

    // MARK: Bounds

    /// Removes what is too old, and then what was not used for longest, until all bounds hold.
    func trim(at now: Instant) throws(Database.Fault) {
        if now >= nextSweep {
            nextSweep = now + ResponseStoreLimits.sweepTime
            expire.bind(1, Self.now - limits.age.milliseconds)
            expire.bind(2, Array(life.name.utf8))
            try expire.finish()
        }
        while try isOverfull() {
            oldest.bind(1, Array(life.name.utf8))
            var ids: [JobID] = []
            while try oldest.step() { if let id = JobID(bytes: oldest.blob(0)) { ids.append(id) } }
            oldest.reset()
            guard !ids.isEmpty else { return }
            for id in ids where try isOverfull() { try remove(id) }
        }
    }

    private func isOverfull() throws(Database.Fault) -> Bool {
        let (count, bytes) = try size()
        return count > limits.count || bytes > limits.bytes
    }

    func size() throws(Database.Fault) -> (count: Int, bytes: Int) {
        defer { sums.reset() }
        guard try sums.step() else { return (0, 0) }
        return (Int(sums.integer(0)), Int(sums.integer(1)))
    }

    /// Milliseconds since 1970.
    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

extension JobID {
    /// In network order.
    fileprivate var bytes: [UInt8] {
        [high, low].flatMap { word in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
        }
    }

    fileprivate init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(high: word(bytes[..<8]), low: word(bytes[8...]))
    }
}
