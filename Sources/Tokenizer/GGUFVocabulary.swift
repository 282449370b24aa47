/// What a GGUF file says about its tokenizer: the values of the keys `tokenizer.ggml.*`, as they stand there.
///
/// Whoever reads the file fills this in; `Tokenizer(gguf:)` checks it. A value that the file does not have is
/// nil or empty.
public struct GGUFVocabulary: Sendable {
    /// `tokenizer.ggml.model`: which kind of tokenizer.
    public var model: String
    /// `tokenizer.ggml.pre`: how a byte-pair model cuts text into words.
    public var pre: String?
    /// `tokenizer.ggml.tokens`, by id; the bytes as they are in the file.
    public var tokens: [[UInt8]]
    /// `tokenizer.ggml.token_type`, by id: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.
    public var tokenTypes: [Int32] = []
    public var scores: [Float] = []
    /// `tokenizer.ggml.merges`: two parts with a space between them, earliest first.
    public var merges: [[UInt8]] = []

    public var bosTokenID: UInt32?
    public var eosTokenID: UInt32?
    public var unknownTokenID: UInt32?
    public var separatorTokenID: UInt32?
    public var paddingTokenID: UInt32?
    public var maskTokenID: UInt32?

    /// `tokenizer.ggml.add_bos_token`, `add_eos_token`, `add_sep_token`.
    public var addsBOS: Bool?
    public var addsEOS: Bool?
    public var addsSeparator: Bool?
    public var addsSpacePrefix: Bool?
    public var removesExtraWhitespaces: Bool?
    /// `tokenizer.ggml.precompiled_charsmap`.
    public var precompiledCharacterMap: [UInt8] = []
    /// `tokenizer.ggml.normalizer.lowercase` and `strip_accents`.
    public var lowercases: Bool?
    public var stripsAccents: Bool?

    /// `general.name` and `general.architecture`: a few models are known by name to strip space at tokens.
    public var modelName = ""
    public var architecture = ""

    public init(model: String, tokens: [[UInt8]]) {
        self.model = model
        self.tokens = tokens
    }
}
