internal import Console
internal import JSON

/// Picks the files of a repository that make up a model that can be served.
///
/// Without a choice: the safetensors that the loader opens, and the small files that say how to use them.
/// With one: a single GGUF, or all parts of a split one.
enum FileSelection {
    static let singleWeights = "model.safetensors"
    static let weightIndex = "model.safetensors.index.json"

    /// The index that says which files hold the weights; nil where one file holds all.
    static func index(among files: [RemoteFile]) -> RemoteFile? {
        guard !files.contains(where: { $0.path.description == singleWeights }) else { return nil }
        return files.first { $0.path.description == weightIndex }
    }

    /// `index`: the document of `index(among:)`, where there is one.
    static func whole(
        of repository: String,
        _ files: [RemoteFile],
        index: JSONValue?
    ) throws(StoreError) -> [RemoteFile] {
        var weights = files.filter { $0.path.description == singleWeights }
        if weights.isEmpty, let map = index?["weight_map"]?.objectValue {
            for shard in Set(map.compactMap { $0.value.stringValue }).sorted() {
                guard let file = files.first(where: { $0.path.description == shard }) else {
                    throw .choice("\(repository) lacks \(shard), which its \(weightIndex) names")
                }
                weights.append(file)
            }
        }
        guard !weights.isEmpty else { throw .choice(noWeights(repository, files)) }
        let config = files.filter { isCompanion($0.path) }.sorted {
            $0.path.description < $1.path.description
        }
        // The small files first: what is wrong with a model shows in them.
        return config + weights
    }

    /// `word`: a file's path or name, or a quantisation.
    static func chosen(
        _ word: String,
        from repository: String,
        _ files: [RemoteFile]
    ) throws(StoreError) -> [RemoteFile] {
        let named = files.compactMap { file in GGUFName(file.path.description).map { (file, $0) } }
        var matches = named.filter { $0.0.path.description == word }
        if matches.isEmpty { matches = named.filter { $0.0.path.fileName == word } }
        if matches.isEmpty { matches = named.filter { $0.1.answers(to: word) } }
        guard let first = matches.first?.1 else {
            throw .choice("\(repository) has no GGUF \"\(word)\"; it has \(menu(files) ?? "none at all")")
        }
        guard matches.allSatisfy({ $0.1.stem == first.stem }) else {
            let paths = matches.map(\.0.path.description).sorted().joined(separator: ", ")
            throw .choice("\"\(word)\" stands for several files of \(repository): \(paths); name one of them")
        }
        let parts = named.filter { $0.1.stem == first.stem && $0.1.partCount == first.partCount }
            .sorted { $0.1.part < $1.1.part }
        guard parts.map(\.1.part) == Array(1...first.partCount) else {
            throw .choice("\(repository) has \(parts.count) of the \(first.partCount) parts of \(first.stem)")
        }
        return parts.map(\.0)
    }

    /// The small files beside the weights: JSON, templates, vocabularies, and the further modules of an
    /// embedding model (`1_Pooling/config.json`).
    private static func isCompanion(_ path: RepositoryPath) -> Bool {
        let name = path.fileName
        guard !name.hasPrefix(".") else { return false }
        switch path.folder {
        case "":
            if name == weightIndex { return true }
            return name.hasSuffix(".json") && !name.hasSuffix(".index.json") || name.hasSuffix(".jinja")
                || ["tokenizer.model", "merges.txt", "vocab.txt"].contains(name)
        case "additional_chat_templates": return name.hasSuffix(".jinja")
        case let folder:
            let digits = folder.prefix { $0.isNumber }
            return !digits.isEmpty && folder.dropFirst(digits.count).hasPrefix("_") && !folder.contains("/")
                && (name == "config.json" || name == singleWeights)
        }
    }

    private static func noWeights(_ repository: String, _ files: [RemoteFile]) -> String {
        if let menu = menu(files) {
            return "\(repository) comes as GGUF; pick one: \(menu), for example "
                + "millrace models pull \(repository):\(example(files))"
        }
        let others = ["bin", "pth", "pt", "onnx", "h5", "msgpack", "safetensors"].filter { ending in
            files.contains { $0.path.description.hasSuffix("." + ending) }
        }
        let found = others.isEmpty ? "" : ", only " + others.map { "." + $0 }.joined(separator: ", ")
        return "\(repository) has no \(singleWeights) and no GGUF\(found)"
    }

    private static func example(_ files: [RemoteFile]) -> String {
        let groups = groups(files)
        return groups.first { $0.label == "Q4_K_M" }?.label ?? groups.first?.label ?? ""
    }

    /// What GGUF there is, with sizes; nil where there is none.
    private static func menu(_ files: [RemoteFile]) -> String? {
        let all = groups(files)
        guard !all.isEmpty else { return nil }
        let shown = all.prefix(40).map { "\($0.label) (\(byteText($0.byteCount)))" }
        return (shown + (all.count > 40 ? ["and \(all.count - 40) more"] : [])).joined(separator: ", ")
    }

    /// Each GGUF with what to type for it: its tag, or its path where that is not enough.
    private static func groups(_ files: [RemoteFile]) -> [(label: String, byteCount: Int)] {
        var found: [String: (name: GGUFName, path: String, byteCount: Int)] = [:]
        for file in files {
            guard let name = GGUFName(file.path.description) else { continue }
            let path = file.path.description
            var group = found[name.stem] ?? (name, path, 0)
            group.path = min(group.path, path)
            // Sizes are below 2^50 and there are below 2^13 parts: no overflow.
            group.byteCount += file.byteCount
            found[name.stem] = group
        }
        let groups = found.values.sorted { $0.path < $1.path }
        return groups.map { group in
            let isAlone = groups.count { $0.name.tag == group.name.tag && !$0.name.isProjector } == 1
            let label = isAlone && !group.name.isProjector ? group.name.tag : nil
            return (label ?? group.path, group.byteCount)
        }
    }
}
