public import Tokenizer

/// A tokenizer's decoder is what the engine reads text with.
extension StreamDecoder: TextDecoding {}
