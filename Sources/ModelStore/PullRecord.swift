internal import JSON

/// What was, or is to be, pulled: written beside the files, so that a later pull knows what it finds.
struct PullRecord: Hashable {
    /// The name of the file in a model's folder that holds its records.
    static let fileName = ".millrace-pulls.json"

    /// The hub's address.
    var source: String
    var repository: String
    var revision: String
    var commit: String
    /// As typed behind the colon; nil for the whole model.
    var choice: String?
    var files: [RemoteFile]

    var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }

    var json: JSONValue {
        [
            "source": .string(source), "repository": .string(repository), "revision": .string(revision),
            "commit": .string(commit), "choice": choice.map { .string($0) } ?? .null,
            "files": .array(
                files.map { file in
                    let (kind, hex) =
                        switch file.digest {
                        case .sha256(let hex): ("sha256", hex)
                        case .gitBlob(let hex): ("git", hex)
                        }
                    return [
                        "path": .string(file.path.description), "bytes": .integer(Int64(file.byteCount)),
                        kind: .string(hex),
                    ]
                }
            ),
        ]
    }

    /// Nil unless it is a record that this program could have written.
    init?(_ json: JSONValue) {
        guard let source = json["source"]?.stringValue, let repository = json["repository"]?.stringValue,
            let revision = json["revision"]?.stringValue, let commit = json["commit"]?.stringValue,
            let entries = json["files"]?.arrayValue
        else { return nil }
        var files: [RemoteFile] = []
        for entry in entries {
            let digest =
                entry["sha256"]?.stringValue.flatMap(FileDigest.init(sha256:))
                ?? entry["git"]?.stringValue.flatMap(FileDigest.init(gitBlob:))
            guard let path = entry["path"]?.stringValue.flatMap(RepositoryPath.init), let digest,
                let size = entry["bytes"]?.integerValue,
                (0...Int64(ModelStoreLimits.fileBytes)).contains(size)
            else { return nil }
            files.append(RemoteFile(path: path, byteCount: Int(size), digest: digest))
        }
        self.init(
            source: source,
            repository: repository,
            revision: revision,
            commit: commit,
            choice: json["choice"]?.stringValue,
            files: files
        )
    }

    init(
        source: String,
        repository: String,
        revision: String,
        commit: String,
        choice: String?,
        files: [RemoteFile]
    ) {
        self.source = source
        self.repository = repository
        self.revision = revision
        self.commit = commit
        self.choice = choice
        self.files = files
    }

    /// The records of a file; nil where there is none that can be read.
    static func read(_ path: String) -> [PullRecord]? {
        guard let bytes = Disk.bytes(of: path, limit: ModelStoreLimits.recordBytes),
            let entries = (try? JSONValue(parsing: bytes, limits: .modelFile))?.arrayValue
        else { return nil }
        let records = entries.compactMap { PullRecord($0) }
        return records.count == entries.count ? records : nil
    }

    static func write(_ records: [PullRecord], to path: String) throws(StoreError) {
        try Disk.replace(path, with: JSONValue.array(records.map(\.json)).serialized + [0x0A])
    }
}
