/// The folder in which a model is put together, and its way to its place.
///
/// Only whole files with the right digest are in it when it is moved, and the move is one step: a reader sees
/// the former model or the next one, and who has the former mapped keeps it.
struct Staging {
    let folders: PullFolders
    let record: PullRecord

    /// Whether the model's place already holds exactly this.
    var isInstalled: Bool {
        let records = PullRecord.read("\(folders.model)/\(PullRecord.fileName)") ?? []
        return records.contains { $0.choice == record.choice && $0.files == record.files }
            && record.files.allSatisfy {
                Disk.kind(of: "\(folders.model)/\($0.path)") == .file(byteCount: $0.byteCount)
            }
    }

    /// Makes the folder, keeps what an earlier pull of the same bytes left in it, takes over from the present
    /// model what stays the same, and drops the rest.
    func prepare() throws(StoreError) {
        let present = try installedRecords().flatMap(\.files)
        let begun = (PullRecord.read(folders.plan) ?? []).flatMap(\.files)
        let wanted = Set(record.files.filter(begun.contains).map(\.path.description))
        try Disk.makeFolder(folders.files)
        for path in Disk.paths(below: folders.files) where !wanted.contains(Self.whole(path)) {
            Disk.remove("\(folders.files)/\(path)")
        }
        try PullRecord.write([record], to: folders.plan)
        for file in record.files {
            if !file.path.folder.isEmpty { try Disk.makeFolder("\(folders.files)/\(file.path.folder)") }
            let former = "\(folders.model)/\(file.path)"
            guard present.contains(file), !isThere(file),
                Disk.kind(of: former) == .file(byteCount: file.byteCount)
            else { continue }
            try Disk.link(former, as: "\(folders.files)/\(file.path)")
        }
    }

    /// Whether a file has come, whole and checked.
    func isThere(_ file: RemoteFile) -> Bool {
        Disk.kind(of: "\(folders.files)/\(file.path)") == .file(byteCount: file.byteCount)
    }

    /// What of the files has come, whole or in part.
    var presentBytes: Int {
        record.files.reduce(0) { $0 + Self.presentBytes(of: $1, in: folders.files) }
    }

    static func presentBytes(of file: RemoteFile, in folder: String) -> Int {
        for suffix in ["", ".partial"] {
            if case .file(let count)? = Disk.kind(of: "\(folder)/\(file.path)\(suffix)") {
                return min(count, file.byteCount)
            }
        }
        return 0
    }

    /// Puts the model in its place, with what of the present one does not belong to this pull.
    func install() throws(StoreError) {
        let records = try installedRecords()
        let kept = records.filter { $0.choice != record.choice && !contradicts($0) }
        let stays = Set(kept.flatMap(\.files).map(\.path.description))
        let goes = Set(records.flatMap(\.files).map(\.path.description)).subtracting(stays)
        for path in Disk.paths(below: folders.model) where path != PullRecord.fileName {
            guard !goes.contains(path), Disk.kind(of: "\(folders.files)/\(path)") == nil else { continue }
            if let slash = path.lastIndex(of: "/") {
                try Disk.makeFolder("\(folders.files)/\(path[..<slash])")
            }
            try Disk.link("\(folders.model)/\(path)", as: "\(folders.files)/\(path)")
        }
        try PullRecord.write(kept + [record], to: "\(folders.files)/\(PullRecord.fileName)")
        syncFolders()
        if Disk.exists(folders.model) {
            try Disk.exchange(folders.files, with: folders.model)
        } else {
            try Disk.makeFolder(folders.organization)
            try Disk.move(folders.files, to: folders.model)
        }
        Disk.sync(folder: folders.organization)
        clear()
    }

    /// Drops all that is left of the pull.
    func clear() { Disk.remove(folders.staging) }

    /// Throws where somebody else put something into the model's place.
    private func installedRecords() throws(StoreError) -> [PullRecord] {
        guard Disk.exists(folders.model) else { return [] }
        guard let records = PullRecord.read("\(folders.model)/\(PullRecord.fileName)") else {
            throw .store(
                path: folders.model,
                problem: "is there already and was not pulled; move it away to pull the model"
            )
        }
        return records
    }

    /// Whether another pull left a file that this one brings with other bytes.
    private func contradicts(_ other: PullRecord) -> Bool {
        other.files.contains { file in
            record.files.contains { $0.path == file.path && $0.digest != file.digest }
        }
    }

    private func syncFolders() {
        let folders = Set(
            Disk.paths(below: folders.files).map { path in
                path.lastIndex(of: "/").map { "\(self.folders.files)/\(path[..<$0])" } ?? self.folders.files
            }
        )
        for folder in folders { Disk.sync(folder: folder) }
    }

    /// The path of the file that something in the folder is, or is a part of.
    private static func whole(_ path: String) -> String {
        for suffix in [".partial", ".etag"] where path.hasSuffix(suffix) {
            return String(path.dropLast(suffix.count))
        }
        return path
    }
}
