internal import Glibc
internal import JSON
internal import ModelFiles

/// Tells the weights of one model from those of any other, without reading all of them.
///
/// It says what the configuration says, and of every tensor its name, type, shape and some of its bytes, so
/// that two trainings of one model differ; and of every file its length and when it was written, so that one
/// that was edited in place differs from itself. A copy that was written at another time counts as another
/// model, which costs time and nothing else.
enum ModelFingerprint {
    /// From the beginning, the middle and the end of a tensor.
    private static let sampleBytes = 64

    static func bytes(of source: ModelSource) throws -> [UInt8] {
        var bytes = source.configJSON?.serialized ?? []
        let tensors = try source.openWeights()
        var files: Set<String> = []
        for name in tensors.names {
            guard let tensor = tensors[name] else { continue }
            bytes += Array("\n\(name) \(tensor.type) \(tensor.shape) ".utf8)
            bytes += samples(of: tensor.bytes)
            files.insert(tensor.file.path)
        }
        for file in files.sorted() {
            var status = stat()
            guard stat(file, &status) == 0 else { throw ModelFileError(file, "stat", "cannot be looked at") }
            let time = status.st_mtim
            bytes += Array("\n\(status.st_size) \(time.tv_sec).\(time.tv_nsec)".utf8)
        }
        return bytes
    }

    static func samples(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
        let last = max(0, bytes.count - sampleBytes)
        return [0, last / 2, last].flatMap { bytes.dropFirst($0).prefix(sampleBytes) }
    }
}
