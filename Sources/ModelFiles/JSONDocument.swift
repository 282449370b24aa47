internal import JSON

/// Reads a JSON file of a model.
enum JSONDocument {
    static func read(
        _ path: String,
        limit: Int = ModelFileLimits.documentBytes
    ) throws(ModelFileError) -> JSONValue {
        let file = try MappedFile(path: path)
        guard file.bytes.count <= limit else {
            throw ModelFileError(path, "has \(file.bytes.count) bytes, the limit is \(limit)")
        }
        do {
            return try JSONValue(parsing: file.bytes, limits: .modelFile)
        } catch {
            throw ModelFileError(path, "\(error)")
        }
    }

    /// Nil where there is no such file.
    static func readIfPresent(_ path: String) throws(ModelFileError) -> JSONValue? {
        guard MappedFile.exists(path) else { return nil }
        return try read(path)
    }
}
