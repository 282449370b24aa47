/// The models directory: what was pulled into it or put there by hand, found by name.
///
/// A model is a folder with safetensors, or a GGUF file in any folder; it is called what its path below the
/// directory is. Folders are looked into two levels deep.
public struct ModelStore: Sendable {
    /// A model that can be named on a command line.
    public struct Entry: Hashable, Sendable {
        /// What `--model` takes; nil where a path was given.
        public var name: String?
        /// A folder, or the first part of a GGUF.
        public var path: String
    }

    /// A pull that did not come to its end.
    public struct Unfinished: Hashable, Sendable {
        /// What `millrace models pull` takes to go on.
        public var name: String
        public var presentBytes: Int
        public var byteCount: Int
    }

    /// Nil: this user has no home and no other place was named.
    public let root: String?

    public init(root: String?) { self.root = root }

    /// What MODEL on a command line stands for: a path if there is something at it, else a name in the models
    /// directory.
    public func locate(_ model: String) throws(StoreError) -> Entry {
        if !model.isEmpty && Disk.exists(model) { return Entry(name: nil, path: model) }
        guard let root else {
            throw .choice("there is no model at \(model), and no models directory: set --models-dir or HOME")
        }
        let name = model.hasSuffix("/") ? String(model.dropLast()) : model
        let parts = name.split(separator: ":", maxSplits: 1).map(String.init)
        if let place = parts.first, RepositoryPath(place) != nil, !place.hasPrefix(".") {
            let path = "\(root)/\(place)"
            if Disk.isFolder(path) {
                return Entry(
                    name: name,
                    path: try Self.model(in: path, named: place, parts.dropFirst().first)
                )
            }
            if parts.count == 1, Disk.exists(path) { return Entry(name: name, path: path) }
        }
        let advice = ModelReference(name).map { "; get it with: millrace models pull \($0)" } ?? ""
        throw .choice("there is no model at \(model) and none called that in \(root)\(advice)")
    }

    /// All models, by name.
    public func entries() -> [Entry] {
        guard let root else { return [] }
        var entries: [Entry] = []
        for name in Self.visible(root) {
            let path = "\(root)/\(name)"
            if !Disk.isFolder(path) {
                if GGUFName(name).map({ $0.part == 1 }) == true {
                    entries.append(Entry(name: name, path: path))
                }
            } else if Self.isModel(path) {
                entries += Self.entries(in: path, named: name)
            } else {
                for inner in Self.visible(path) where Disk.isFolder("\(path)/\(inner)") {
                    entries += Self.entries(in: "\(path)/\(inner)", named: "\(name)/\(inner)")
                }
            }
        }
        return entries
    }

    /// Pulls that can be gone on with.
    public func unfinished() -> [Unfinished] {
        guard let root else { return [] }
        let area = "\(root)/\(PullFolders.hidden)"
        var found: [Unfinished] = []
        for organization in Disk.names(in: area) {
            for name in Disk.names(in: "\(area)/\(organization)") {
                for choice in Disk.names(in: "\(area)/\(organization)/\(name)") {
                    let staging = "\(area)/\(organization)/\(name)/\(choice)"
                    guard let record = PullRecord.read("\(staging)/\(PullFolders.plan)")?.first else {
                        continue
                    }
                    found.append(Self.unfinished(record, in: "\(staging)/\(PullFolders.files)"))
                }
            }
        }
        return found
    }

    /// What the files of a model take on the disk; of a GGUF, all its parts.
    public static func byteCount(of entry: Entry) -> Int {
        let slash = entry.path.lastIndex(of: "/")
        guard let name = GGUFName(entry.path), let slash else {
            return Disk.paths(below: entry.path).reduce(0) { $0 + bytes(of: "\(entry.path)/\($1)") }
        }
        let folder = String(entry.path[..<slash])
        return Disk.names(in: folder).map { "\(folder)/\($0)" }
            .filter { GGUFName($0)?.stem == name.stem }
            .reduce(0) { $0 + bytes(of: $1) }
    }

    private static func bytes(of path: String) -> Int {
        if case .file(let count)? = Disk.kind(of: path) { count } else { 0 }
    }

    private static func unfinished(_ record: PullRecord, in folder: String) -> Unfinished {
        let revision = record.revision == "main" ? "" : "@\(record.revision)"
        return Unfinished(
            name: record.repository + revision + (record.choice.map { ":\($0)" } ?? ""),
            presentBytes: record.files.reduce(0) { $0 + Staging.presentBytes(of: $1, in: folder) },
            byteCount: record.byteCount
        )
    }

    private static func visible(_ folder: String) -> [String] {
        Disk.names(in: folder).filter { !$0.hasPrefix(".") }
    }

    private static func isModel(_ folder: String) -> Bool {
        Disk.names(in: folder).contains {
            ["config.json", FileSelection.singleWeights, PullRecord.fileName].contains($0)
                || GGUFName($0) != nil
        }
    }

    private static func hasSafetensors(_ folder: String) -> Bool {
        [FileSelection.singleWeights, FileSelection.weightIndex].contains { Disk.exists("\(folder)/\($0)") }
    }

    /// The first parts of the GGUF models in a folder, relative to it.
    private static func ggufs(in folder: String) -> [(path: String, name: GGUFName)] {
        Disk.paths(below: folder, depth: 2).compactMap { path in
            GGUFName(path).flatMap { $0.part == 1 && !$0.isProjector ? (path, $0) : nil }
        }
    }

    private static func entries(in folder: String, named name: String) -> [Entry] {
        let ggufs = ggufs(in: folder)
        let isWhole = hasSafetensors(folder) || ggufs.isEmpty && isModel(folder)
        let whole = isWhole ? [Entry(name: name, path: folder)] : []
        return whole
            + ggufs.map { gguf in
                let isAlone = ggufs.count { $0.name.tag == gguf.name.tag } == 1
                let tag = isAlone ? gguf.name.tag : nil
                return Entry(
                    name: tag.map { "\(name):\($0)" } ?? "\(name)/\(gguf.path)",
                    path: "\(folder)/\(gguf.path)"
                )
            }
    }

    /// The folder itself, or the GGUF in it that is meant.
    private static func model(
        in folder: String,
        named name: String,
        _ word: String?
    ) throws(StoreError) -> String {
        let ggufs = ggufs(in: folder)
        guard let word else {
            if hasSafetensors(folder) || ggufs.isEmpty { return folder }
            guard ggufs.count == 1 else { throw .choice(menu(name, folder)) }
            return "\(folder)/\(ggufs[0].path)"
        }
        let named = ggufs.filter { $0.path == word || $0.path.hasSuffix("/" + word) }
        let matches = named.isEmpty ? ggufs.filter { $0.name.answers(to: word) } : named
        guard matches.count == 1 else { throw .choice(menu(name, folder)) }
        return "\(folder)/\(matches[0].path)"
    }

    private static func menu(_ name: String, _ folder: String) -> String {
        let names = entries(in: folder, named: name).compactMap(\.name)
        return "\(name) holds "
            + (names.isEmpty ? "no GGUF" : "several models: \(names.joined(separator: ", "))")
    }
}
