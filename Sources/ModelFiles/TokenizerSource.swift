public import JSON

/// What a model's tokenizer is made from.
public enum TokenizerSource: Sendable {
    /// tokenizer.json.
    case json(JSONValue)
    /// SentencePiece's tokenizer.model, and tokenizer_config.json if there is one.
    case sentencePiece([UInt8], configuration: JSONValue?)
    /// The vocabulary in a GGUF file, under `tokenizer.ggml.`.
    case gguf(GGUFMetadata)
}
