/// How large the parts of a tokenizer file may be; what is larger is refused when the file is read.
enum Limits {
    /// As many tokens as a model's configuration may name.
    ///
    /// Tables are indexed by id, so a single wild one must not be able to ask for gigabytes.
    static let highestID: UInt32 = (1 << 22) - 1
    /// Longest added token, in bytes: finding one costs at most this much per byte of text.
    static let addedTokenBytes = 4096
    /// Sequences within sequences (normalizers, pre-tokenizers, decoders).
    static let nesting = 16
    /// Longest word that a model sees in one piece; a longer one is cut between two characters.
    static let wordBytes = 32 << 20
    /// Words up to this many symbols are merged by scanning, longer ones with a queue.
    static let scannedSymbols = 48
    /// Most characters that a decoder takes from one end.
    static let strippedCharacters = 1024
    /// Longest regular expression, in bytes.
    static let patternBytes = 64 << 10
    /// How many words are remembered, a power of two, and how long they and what they become may be.
    static let rememberedWords = 1 << 13
    static let rememberedWordBytes = 24
    static let rememberedWordIDs = 8
    /// Most working memories that are kept between calls.
    static let idleScratches = 4
    /// How far below the lowest score an unknown character lies, as SentencePiece laid down.
    static let unknownPenalty = 10.0
    /// How often the halves of a piece may fall apart again, as SentencePiece laid down.
    static let resegmentDepth = 100
    /// Largest character map of a normalizer, in bytes.
    static let characterMapBytes = 16 << 20
    /// Longest text that one entry of a character map becomes, in bytes.
    static let characterMapTextBytes = 4096
}
