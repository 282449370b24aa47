public import ModelFiles
public import Tokenizer

extension Tokenizer {
    /// Made from whatever a model brings.
    public convenience init(_ source: TokenizerSource) throws {
        switch source {
        case .json(let document): try self.init(json: document)
        case .sentencePiece:
            throw ModelFileError("tokenizer.model", "is not supported alone; add tokenizer.json")
        case .gguf(let metadata):
            throw ModelFileError(
                metadata.path,
                "tokenizer.ggml.model",
                "vocabularies in GGUF files are not supported"
            )
        }
    }
}
