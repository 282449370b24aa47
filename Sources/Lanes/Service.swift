/// What was computed for a job, in tokens.
///
/// A tenant pays for a job once, as if a single attempt had run all of it: what a lost attempt had computed
/// is paid by nobody, and what it had shown belongs to the answer of the attempt that ends.
public struct Service: Hashable, Sendable {
    /// Tokens of the prompt that were computed.
    public var freshTokens: UInt64
    /// Tokens of the prompt whose keys and values were there already.
    public var cachedTokens: UInt64
    public var answerTokens: UInt64

    public init(freshTokens: UInt64 = 0, cachedTokens: UInt64 = 0, answerTokens: UInt64 = 0) {
        self.freshTokens = freshTokens
        self.cachedTokens = cachedTokens
        self.answerTokens = answerTokens
    }

    public mutating func add(_ other: Service) {
        freshTokens += other.freshTokens
        cachedTokens += other.cachedTokens
        answerTokens += other.answerTokens
    }

    /// All of them alike: what lanes share, and what waiting times are counted in.
    public var tokens: UInt64 { freshTokens + cachedTokens + answerTokens }

    /// What a tenant pays, in thousandths of a computed prompt token: found ones cost a tenth of it, those of
    /// an answer twice as much.
    ///
    /// An answer's token costs a step of its own; a found one only its place in memory.
    var price: UInt64 { freshTokens * 1000 + cachedTokens * 100 + answerTokens * 2000 }
}
