internal import JSON

/// All tensors of a model by name, from one file or from shards.
public struct Safetensors: Sendable {
    /// The file or the shard index, for errors.
    public let path: String
    private let tensors: [String: TensorView]

    /// Opens one file.
    public init(file path: String) throws(ModelFileError) {
        self.path = path
        tensors = Self.byName(try SafetensorsFile(path: path).tensors)
    }

    /// Opens the shards that an index (`model.safetensors.index.json`) names, in the directory of the index.
    public init(index path: String) throws(ModelFileError) {
        self.path = path
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
        self.tensors = tensors
    }

    public var names: [String] { tensors.keys.sorted() }

    public func contains(_ name: String) -> Bool { tensors[name] != nil }

    /// Nil if there is no such tensor.
    public subscript(_ name: String) -> TensorView? { tensors[name] }

    /// The tensor, if it is there with this shape and in a type that kernels read.
    public func tensor(_ name: String, shape: [Int]) throws(ModelFileError) -> TensorView {
        guard let tensor = tensors[name] else { throw ModelFileError(path, name, "is missing") }
        return try tensor.checked(shape: shape)
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
