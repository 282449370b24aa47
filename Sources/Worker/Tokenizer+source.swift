public import ModelFiles
public import Tokenizer

extension Tokenizer {
    /// Made from whatever a model brings.
    public convenience init(_ source: TokenizerSource) throws {
        switch source {
        case .json(let document): try self.init(json: document)
        case .sentencePiece(let file):
            throw ModelFileError(file.path, "a SentencePiece file alone is not supported; add tokenizer.json")
        case .gguf(let metadata):
            throw ModelFileError(
                metadata.path,
                "tokenizer.ggml.model",
                "vocabularies in GGUF files are not supported"
            )
        }
    }
}
