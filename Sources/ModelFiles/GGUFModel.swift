/// A model in a GGUF file, or in several that are numbered.
///
/// The first file's metadata speak for all; the others only bring tensors.
struct GGUFModel: Sendable {
    let path: String
    let metadata: GGUFMetadata
    /// By the files' own names.
    let tensors: [String: TensorView]

    init(path: String) throws(ModelFileError) {
        self.path = path
        let first = try GGUFFile(path: path)
        metadata = first.metadata
        var tensors: [String: TensorView] = [:]
        for tensor in first.tensors { tensors[tensor.name] = tensor }
        for shard in try Self.furtherShards(of: first) {
            let file = try GGUFFile(path: shard)
            for tensor in file.tensors where tensors.updateValue(tensor, forKey: tensor.name) != nil {
                throw ModelFileError(shard, tensor.name, "is in another shard as well")
            }
        }
        let key = "split.tensors.count"
        if let count = metadata.integer(key), count != Int64(tensors.count) {
            throw ModelFileError(path, key, "is \(count), but the shards hold \(tensors.count) tensors")
        }
        self.tensors = tensors
    }

    /// Tensors by the names of Hugging Face repositories.
    func openWeights() throws(ModelFileError) -> TensorSet {
        let names = GGUFTensorNames(architecture: metadata.text("general.architecture") ?? "")
        var translated: [String: TensorView] = [:]
        for (name, tensor) in tensors {
            let other = translated.updateValue(tensor, forKey: names.translated(name))
            guard other == nil else {
                throw ModelFileError(path, name, "stands for the same weights as \(other?.name ?? "another")")
            }
        }
        return TensorSet(path: path, tensors: translated)
    }

    /// Whether this is the name of a shard, and not of the first one.
    static func isFurtherShard(_ name: String) -> Bool {
        guard let (prefix, count) = firstShard(name) else { return false }
        return name != shardName(prefix, 1, of: count)
    }

    /// Paths of shard 2 and those behind it; none if the file is whole.
    private static func furtherShards(of first: GGUFFile) throws(ModelFileError) -> [String] {
        let key = "split.count"
        guard let count = first.metadata.integer(key), count != 1, count != 0 else { return [] }
        guard (2...Int64(ModelFileLimits.shardCount)).contains(count) else {
            throw ModelFileError(
                first.path,
                key,
                "is \(count), the limit is \(ModelFileLimits.shardCount)"
            )
        }
        let slash = first.path.lastIndex(of: "/")
        let directory = slash.map { first.path[...$0] } ?? ""
        let name = String(slash.map { first.path[first.path.index(after: $0)...] } ?? first.path[...])
        guard let (prefix, named) = firstShard(name), named == Int(count) else {
            throw ModelFileError(
                first.path,
                key,
                "is \(count), but the name does not end in \(shardName("", 1, of: Int(count)))"
            )
        }
        guard first.metadata.integer("split.no") ?? 0 == 0, name == shardName(prefix, 1, of: named) else {
            throw ModelFileError(
                first.path,
                "split.no",
                "is not the first shard; give \(directory)\(shardName(prefix, 1, of: named))"
            )
        }
        return (2...named).map { "\(directory)\(shardName(prefix, $0, of: named))" }
    }

    /// `PREFIX-00001-of-00003.gguf` in its parts: the prefix and the number of shards.
    private static func firstShard(_ name: String) -> (prefix: String, count: Int)? {
        guard name.hasSuffix(".gguf") else { return nil }
        let parts = name.dropLast(5).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count > 3, parts[parts.count - 2] == "of", let last = parts.last, last.utf8.count == 5,
            let count = Int(last), parts[parts.count - 3].utf8.count == 5,
            Int(parts[parts.count - 3]) != nil
        else { return nil }
        return (parts.dropLast(3).joined(separator: "-"), count)
    }

    private static func shardName(_ prefix: String, _ number: Int, of count: Int) -> String {
        "\(prefix)-\(padded(number))-of-\(padded(count)).gguf"
    }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}

// MARK: Texts and tokens

extension GGUFModel {
    /// Templates by name; the plain one is `default`.
    var chatTemplates: [String: String] {
        let key = "tokenizer.chat_template"
        var templates: [String: String] = [:]
        templates["default"] = metadata.text(key)
        for name in metadata.keys where name.hasPrefix("\(key).") {
            templates[String(name.dropFirst(key.count + 1))] = metadata.text(name)
        }
        return templates
    }

    /// Tokens that end a generation: those that the file names, and control tokens that are known to end a
    /// turn, because many files name only one of them.
    var endTokenIDs: [UInt32] {
        var ends: Set<UInt32> = []
        for name in ["eos", "eot", "eom"] {
            let id = metadata.integer("tokenizer.ggml.\(name)_token_id").flatMap { UInt32(exactly: $0) }
            if let id { ends.insert(id) }
        }
        let kinds = metadata.integers("tokenizer.ggml.token_type") ?? []
        let control: Int64 = 3
        for place in metadata.places(of: Self.turnEnds, in: "tokenizer.ggml.tokens")
        where kinds.indices.contains(place) && kinds[place] == control {
            ends.insert(UInt32(clamping: place))
        }
        return ends.sorted()
    }

    func token(_ name: String) -> String? {
        guard let id = metadata.integer("tokenizer.ggml.\(name)_token_id").flatMap({ Int(exactly: $0) })
        else { return nil }
        return metadata.text("tokenizer.ggml.tokens", at: id)
    }

    private static let turnEnds: Set<String> = [
        "<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<end_of_turn>", "<|end|>", "<|return|>", "<|call|>",
        "<|endoftext|>", "<|end_of_text|>", "<|end_of_role|>", "<EOT>", "</s>", "[e~[",
    ]
}
