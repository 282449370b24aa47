internal import Fingerprints
internal import JSON
internal import ModelFiles

/// Names the weights, the configuration, the tokenizer and the templates of a model: 32 digits.
///
/// An answer is only ever gone on with where this is the same. So it says nothing of how the files came to
/// where they are: copies on other machines, written at other times, are the same model. Of the weights it
/// looks at the headers of their files, and at some bytes of every tensor: trainings of one model differ in
/// nearly all of them.
enum ModelRevision {
    private static let tokenizerFiles = ["tokenizer.json", "tokenizer.model"]

    /// Nil where nothing of the model can be read.
    static func text(of source: ModelSource) -> String? {
        var parts = [source.configJSON?.serialized ?? []]
        for name in source.chatTemplates.keys.sorted() {
            parts += [Array(name.utf8), Array((source.chatTemplates[name] ?? "").utf8)]
        }
        for name in tokenizerFiles {
            // A GGUF file has its vocabulary in its own header.
            let file = try? MappedFile(path: "\(source.path)/\(name)")
            parts.append(file.map { Array($0.bytes) } ?? [])
        }
        if let tensors = try? source.openWeights() { parts += weights(tensors) }
        return ContentName.text(of: parts)
    }

    private static func weights(_ tensors: TensorSet) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        var headers: [String: (file: MappedFile, end: Int)] = [:]
        for name in tensors.names {
            guard let tensor = tensors[name] else { continue }
            parts.append(ModelFingerprint.samples(of: tensor.bytes))
            let start = tensor.range.lowerBound
            let known = headers[tensor.file.path]?.end ?? start
            headers[tensor.file.path] = (tensor.file, min(known, start))
        }
        for path in headers.keys.sorted() {
            guard let header = headers[path] else { continue }
            parts.append(Array(header.file.bytes[..<header.end]))
        }
        return parts
    }
}
