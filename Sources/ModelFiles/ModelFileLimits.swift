/// How large the files of a model and the numbers in them may be.
///
/// Beyond these a file is refused before anything is allocated for it; each is well above what any published
/// model has.
enum ModelFileLimits {
    /// The safetensors format's own limit; metadata of GGUF files holds to it too.
    static let headerBytes = 100 << 20
    static let metadataCount = 65_536
    /// Arrays within arrays.
    static let metadataDepth = 4
    static let tensorCount = 65_536
    static let tensorNameBytes = 1024
    static let tensorRank = 8
    static let shardCount = 4096
    /// config.json and its small companions.
    static let documentBytes = 16 << 20
    static let chatTemplateCount = 64

    static let vocabulary = 1...4_194_304
    static let width = 1...1_048_576
    static let layers = 1...1024
    static let heads = 1...1024
    static let headWidth = 8...512
    static let context = 1...16_777_216
    static let experts = 1...4096
    static let tokenTypes = 1...256
    /// Of modules.json.
    static let moduleCount = 32
    static let ropeBase = 1.0...1e12
}
