/// One GGUF file: its metadata and its tensors under their own names.
///
/// The format (versions 2 and 3): magic, version, the counts of tensors and of metadata, metadata, a list of
/// tensors, then at the next multiple of the alignment the data, from where the tensors' offsets count.
/// Nothing in it is believed: every length, type and range is checked before it is used.
struct GGUFFile {
    let file: MappedFile
    let metadata: GGUFMetadata
    let tensors: [TensorView]

    var path: String { file.path }

    init(path: String) throws(ModelFileError) {
        file = try MappedFile(path: path)
        var cursor = GGUFCursor(path: path, bytes: file.bytes)
        try Self.checkVersion(&cursor)
        // Name, rank, type, offset: no tensor takes less, and no entry of metadata less than its length.
        let tensorCount = try cursor.count(of: "tensor count", size: 24, limit: ModelFileLimits.tensorCount)
        let valueCount = try cursor.count(
            of: "metadata count",
            size: 13,
            limit: ModelFileLimits.metadataCount
        )
        metadata = GGUFMetadata(file: file, values: try Self.readMetadata(&cursor, count: valueCount))
        let alignment = try Self.alignment(metadata)
        var entries: [TensorEntry] = []
        for index in 0..<tensorCount { entries.append(try TensorEntry(&cursor, index: index)) }
        // Cannot overflow: the header is far shorter than an Int reaches.
        let dataStart = (cursor.offset + alignment - 1) / alignment * alignment
        var names: Set<String> = []
        var tensors: [TensorView] = []
        for entry in entries {
            guard names.insert(entry.name).inserted else {
                throw ModelFileError(path, entry.name, "is there twice")
            }
            tensors.append(try entry.view(in: file, dataStart: dataStart, alignment: alignment))
        }
        try TensorView.refuseOverlaps(tensors, in: path)
        self.tensors = tensors
    }

    private static func checkVersion(_ cursor: inout GGUFCursor) throws(ModelFileError) {
        let magic = try cursor.number(UInt32.self, of: "magic")
        guard magic == 0x4655_4747 else { throw ModelFileError(cursor.path, "magic", "is not GGUF") }
        let version = try cursor.number(UInt32.self, of: "version")
        guard version & 0xFFFF != 0 else {
            throw ModelFileError(cursor.path, "version", "the file is big-endian; only little-endian is read")
        }
        guard (2...3).contains(version) else {
            throw ModelFileError(cursor.path, "version", "is \(version); 2 and 3 are supported")
        }
    }

    private static func readMetadata(
        _ cursor: inout GGUFCursor,
        count: Int
    ) throws(ModelFileError)
        -> [String: GGUFValue]
    {
        var values: [String: GGUFValue] = [:]
        for index in 0..<count {
            let name = try cursor.text(of: "metadata key \(index)")
            guard name.count <= ModelFileLimits.tensorNameBytes else {
                throw ModelFileError(
                    cursor.path,
                    "metadata key \(index)",
                    "has \(name.count) bytes, the limit is \(ModelFileLimits.tensorNameBytes)"
                )
            }
            let key = cursor.string(name)
            let kind = try GGUFValue.kind(&cursor, of: key)
            guard values.updateValue(try GGUFValue(kind, &cursor, of: key), forKey: key) == nil else {
                throw ModelFileError(cursor.path, key, "is there twice")
            }
        }
        return values
    }

    private static func alignment(_ metadata: GGUFMetadata) throws(ModelFileError) -> Int {
        let key = "general.alignment"
        guard metadata.contains(key) else { return 32 }
        guard let value = metadata.integer(key), (1...(1 << 20)).contains(value), value & (value - 1) == 0
        else {
            throw ModelFileError(metadata.path, key, "is not a power of two up to 1048576")
        }
        return Int(value)
    }
}

/// One row of the list of tensors.
private struct TensorEntry {
    var name: String
    /// Row-major, as everywhere here; the file has the fastest dimension first.
    var shape: [Int]
    var type: GGMLType
    var offset: UInt64

    init(_ cursor: inout GGUFCursor, index: Int) throws(ModelFileError) {
        let nameRange = try cursor.text(of: "tensor \(index)")
        guard nameRange.count <= ModelFileLimits.tensorNameBytes else {
            throw ModelFileError(
                cursor.path,
                "tensor \(index)",
                "the name has \(nameRange.count) bytes, the limit is \(ModelFileLimits.tensorNameBytes)"
            )
        }
        name = cursor.string(nameRange)
        let rank = try cursor.number(UInt32.self, of: name)
        guard rank <= UInt32(ModelFileLimits.tensorRank) else {
            throw ModelFileError(
                cursor.path,
                name,
                "has \(rank) dimensions, the limit is \(ModelFileLimits.tensorRank)"
            )
        }
        shape = []
        for _ in 0..<rank {
            let count = try cursor.number(UInt64.self, of: name)
            guard let dimension = Int(exactly: count) else {
                throw ModelFileError(cursor.path, name, "the shape holds \(count)")
            }
            shape.insert(dimension, at: 0)
        }
        let rawType = try cursor.number(UInt32.self, of: name)
        guard let type = GGMLType(rawValue: rawType) else {
            throw ModelFileError(cursor.path, name, "has the unknown type \(rawType)")
        }
        self.type = type
        offset = try cursor.number(UInt64.self, of: name)
    }

    func view(in file: MappedFile, dataStart: Int, alignment: Int) throws(ModelFileError) -> TensorView {
        let columns = shape.last ?? 1
        guard columns.isMultiple(of: type.elementCount) else {
            throw ModelFileError(
                file.path,
                name,
                "rows of \(columns) are not whole blocks of \(type.elementCount), as \(type.type) needs"
            )
        }
        let size = try TensorView.byteCount(
            shape.dropLast() + [columns / type.elementCount],
            type.byteCount
        ) { ModelFileError(file.path, name, "the shape \(shape) is larger than any memory") }
        let available = file.bytes.count - dataStart
        guard let offset = Int(exactly: offset), offset <= available, size <= available - offset else {
            throw ModelFileError(
                file.path,
                name,
                "\(size) bytes from offset \(self.offset) do not lie in the file's \(max(0, available))"
            )
        }
        guard offset.isMultiple(of: alignment) else {
            throw ModelFileError(file.path, name, "offset \(offset) is not a multiple of \(alignment)")
        }
        return TensorView(
            name: name,
            type: type.type,
            shape: shape,
            range: dataStart + offset..<dataStart + offset + size,
            file: file
        )
    }
}
