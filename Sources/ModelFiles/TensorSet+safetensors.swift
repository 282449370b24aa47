internal import JSON

extension TensorSet {
    /// Opens one .safetensors file.
    public init(safetensors path: String) throws(ModelFileError) {
        self.init(path: path, tensors: Self.byName(try SafetensorsFile(path: path).tensors))
    }

    /// Opens the shards that an index (`model.safetensors.index.json`) names, in the directory of the index.
    public init(safetensorsIndex path: String) throws(ModelFileError) {
        let document = try JSONDocument.read(path)
        guard let map = document["weight_map"]?.objectValue else {
            throw ModelFileError(path, "weight_map", "is missing or not an object")
        }
        guard map.count <= ModelFileLimits.tensorCount else {
            throw ModelFileError(
                path,
                "weight_map",
                "names \(map.count) tensors, the limit is \(ModelFileLimits.tensorCount)"
            )
        }
        let directory = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        var shards: [String: [String: TensorView]] = [:]
        var tensors: [String: TensorView] = [:]
        for (name, value) in map {
            let shard = try Self.shardName(value, of: name, in: path)
            if shards[shard] == nil {
                guard shards.count < ModelFileLimits.shardCount else {
                    throw ModelFileError(
                        path,
                        "weight_map",
                        "names more than \(ModelFileLimits.shardCount) shards"
                    )
                }
                let file = try SafetensorsFile(path: directory.isEmpty ? shard : "\(directory)/\(shard)")
                shards[shard] = Self.byName(file.tensors)
            }
            guard let tensor = shards[shard]?[name] else {
                throw ModelFileError(path, name, "is not in \(shard), where weight_map says it is")
            }
            tensors[name] = tensor
        }
        self.init(path: path, tensors: tensors)
    }

    private static func byName(_ tensors: [TensorView]) -> [String: TensorView] {
        // Equal names cannot meet here: the header's parser refuses duplicate keys.
        Dictionary(tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// A shard is a plain file name, so that an index cannot reach outside its directory.
    private static func shardName(
        _ value: JSONValue,
        of name: String,
        in path: String
    ) throws(ModelFileError)
        -> String
    {
        guard let shard = value.stringValue else {
            throw ModelFileError(path, name, "weight_map holds no file name")
        }
        let harmless = !shard.utf8.contains { $0 == UInt8(ascii: "/") || $0 < 0x20 } && !shard.contains("..")
        guard harmless, shard.hasSuffix(".safetensors"), shard.utf8.count <= 255 else {
            throw ModelFileError(
                path,
                name,
                "weight_map names \"\(shard)\", not a .safetensors file beside the index"
            )
        }
        return shard
    }
}
