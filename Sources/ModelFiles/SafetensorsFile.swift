internal import JSON

/// The tensors of one .safetensors file.
///
/// The format: eight bytes of header length (little-endian), a JSON object `{name: {dtype, shape,
/// data_offsets}}`, then the data; offsets count from the end of the header. Nothing in a header is believed:
/// every range is checked against the file, its shape and all other ranges before a view of it exists. Gaps
/// between tensors are tolerated.
struct SafetensorsFile {
    let tensors: [TensorView]

    init(path: String) throws(ModelFileError) {
        let file = try MappedFile(path: path)
        guard file.bytes.count >= 8 else {
            throw ModelFileError(path, "header", "the file has \(file.bytes.count) bytes, a header needs 8")
        }
        let length = UInt64(littleEndian: file.bytes.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(ModelFileLimits.headerBytes) else {
            throw ModelFileError(
                path,
                "header",
                "has \(length) bytes, the limit is \(ModelFileLimits.headerBytes)"
            )
        }
        let dataStart = 8 + Int(length)
        guard dataStart <= file.bytes.count else {
            throw ModelFileError(
                path,
                "header",
                "has \(length) bytes, the file ends after \(file.bytes.count)"
            )
        }
        let header = try Self.parseHeader(
            UnsafeRawBufferPointer(rebasing: file.bytes[8..<dataStart]),
            of: path
        )
        var tensors: [TensorView] = []
        tensors.reserveCapacity(header.count)
        for (name, value) in header where name != "__metadata__" {
            tensors.append(try HeaderEntry(name: name, value: value, file: file, dataStart: dataStart).view())
        }
        try TensorView.refuseOverlaps(tensors, in: path)
        self.tensors = tensors
    }

    private static func parseHeader(
        _ bytes: UnsafeRawBufferPointer,
        of path: String
    ) throws(ModelFileError)
        -> JSONObject
    {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: bytes, limits: .modelFile)
        } catch {
            throw ModelFileError(path, "header", "\(error)")
        }
        guard let header = document.objectValue else {
            throw ModelFileError(path, "header", "is not a JSON object")
        }
        guard header.count <= ModelFileLimits.tensorCount else {
            throw ModelFileError(
                path,
                "header",
                "names \(header.count) tensors, the limit is \(ModelFileLimits.tensorCount)"
            )
        }
        return header
    }
}

/// One member of the header on its way to a `TensorView`.
private struct HeaderEntry {
    var name: String
    var value: JSONValue
    var file: MappedFile
    var dataStart: Int

    func view() throws(ModelFileError) -> TensorView {
        guard name.utf8.count <= ModelFileLimits.tensorNameBytes else {
            let beginning = String(decoding: name.utf8.prefix(40), as: UTF8.self)
            throw ModelFileError(
                file.path,
                "\(beginning)…",
                "the name has \(name.utf8.count) bytes, the limit is \(ModelFileLimits.tensorNameBytes)"
            )
        }
        guard let typeName = value["dtype"]?.stringValue else { throw error("dtype is missing") }
        let type = ElementType(named: typeName)
        let shape = try shape()
        let range = try range()
        if let size = type.byteCount {
            let byteCount = try TensorView.byteCount(shape, size) {
                error("the shape \(shape) is larger than any memory")
            }
            guard byteCount == range.count else {
                throw error(
                    "data_offsets span \(range.count) bytes, \(type) of the shape \(shape) has another size"
                )
            }
        }
        return TensorView(name: name, type: type, shape: shape, range: range, file: file)
    }

    private func shape() throws(ModelFileError) -> [Int] {
        guard let dimensions = value["shape"]?.arrayValue, dimensions.count <= ModelFileLimits.tensorRank
        else {
            throw error("shape is not an array of at most \(ModelFileLimits.tensorRank) numbers")
        }
        var shape: [Int] = []
        for dimension in dimensions {
            guard case .integer(let count) = dimension, count >= 0 else {
                throw error("shape holds \(dimension), not a count")
            }
            shape.append(Int(count))
        }
        return shape
    }

    private func range() throws(ModelFileError) -> Range<Int> {
        guard let offsets = value["data_offsets"]?.arrayValue, offsets.count == 2,
            case .integer(let begin) = offsets[0], case .integer(let end) = offsets[1]
        else { throw error("data_offsets is not a pair of integers") }
        let available = file.bytes.count - dataStart
        guard 0 <= begin, begin <= end, end <= available else {
            throw error("data_offsets [\(begin), \(end)] do not lie in the file's \(available) bytes of data")
        }
        return dataStart + Int(begin)..<dataStart + Int(end)
    }

    private func error(_ problem: String) -> ModelFileError { ModelFileError(file.path, name, problem) }
}
