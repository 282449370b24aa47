internal import Contract
internal import SQLite

/// Which segments there are and when they were last used, in a file of SQLite.
///
/// It is what a person can look at and what a start reads; files that it does not know are found by their
/// headers, and so nothing but the order of use is lost with it. Belongs to one thread at a time.
final class SegmentIndex {
    /// Of the table; an index of another version is made anew.
    private static let version: Int64 = 1

    private let database: Database
    private let put: Database.Statement
    private let remove: Database.Statement

    init(path: String) throws(Database.Fault) {
        database = try Database(path: path)
        try database.run("PRAGMA journal_mode = WAL")
        try database.run("PRAGMA synchronous = NORMAL")
        let found = try database.prepare("PRAGMA user_version")
        if try found.step() {
            let version = found.integer(0)
            guard version == 0 || version == Self.version else {
                throw Database.Fault(message: "its version is \(version) and not \(Self.version)")
            }
        }
        found.reset()
        try database.run(
            """
            CREATE TABLE IF NOT EXISTS segments (
                id BLOB PRIMARY KEY, parent BLOB NOT NULL, start INTEGER NOT NULL, tokens BLOB NOT NULL,
                block_tokens INTEGER NOT NULL, bytes INTEGER NOT NULL, used INTEGER NOT NULL,
                created INTEGER NOT NULL) WITHOUT ROWID
            """
        )
        try database.run("PRAGMA user_version = \(Self.version)")
        put = try database.prepare("INSERT OR REPLACE INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        remove = try database.prepare("DELETE FROM segments WHERE id = ?")
    }

    /// Rows that make no sense are left out.
    func entries() throws(Database.Fault) -> [Catalogue.Entry] {
        let rows = try database.prepare(
            "SELECT id, parent, start, tokens, block_tokens, bytes, used, created FROM segments"
        )
        var entries: [Catalogue.Entry] = []
        while try rows.step() {
            let bytes = rows.blob(3)
            var reader = ByteReader(bytes)
            guard let id = SegmentID(bytes: rows.blob(0)), let parent = SegmentID(bytes: rows.blob(1)),
                let start = Int(exactly: rows.integer(2)), start >= 0,
                let tokens = reader.tokens(bytes.count / MemoryLayout<TokenID>.size), reader.isAtEnd,
                let blockTokens = Int(exactly: rows.integer(4)),
                PrefixLimits.blockTokens.contains(blockTokens),
                !tokens.isEmpty, tokens.count % blockTokens == 0
            else { continue }
            entries.append(
                Catalogue.Entry(
                    key: SegmentKey(id: id, parent: parent, start: start, tokens: tokens),
                    blockTokens: blockTokens,
                    byteCount: Int(clamping: rows.integer(5)),
                    used: UInt64(clamping: rows.integer(6)),
                    created: rows.integer(7)
                )
            )
        }
        return entries
    }

    /// Writes what has changed, all of it or nothing.
    func apply(_ rows: CatalogueChanges.Rows) throws(Database.Fault) {
        guard !rows.isEmpty else { return }
        try database.run("BEGIN")
        do throws(Database.Fault) {
            for entry in rows.put { try write(entry) }
            for id in rows.removed {
                remove.bind(1, id.bytes)
                try remove.finish()
            }
            try database.run("COMMIT")
        } catch {
            try? database.run("ROLLBACK")
            throw error
        }
    }

    private func write(_ entry: Catalogue.Entry) throws(Database.Fault) {
        var tokens = ByteWriter()
        tokens.append(entry.key.tokens)
        put.bind(1, entry.id.bytes)
        put.bind(2, entry.key.parent.bytes)
        put.bind(3, Int64(entry.key.start))
        put.bind(4, tokens.bytes)
        put.bind(5, Int64(entry.blockTokens))
        put.bind(6, Int64(entry.byteCount))
        put.bind(7, Int64(clamping: entry.used))
        put.bind(8, entry.created)
        try put.finish()
    }
}
