public import Contract
public import KVCache

/// The work of one step: rows of tokens, grouped into one span per sequence.
///
/// There is no prefill and no decode: a span is as long as the planner made it.
public struct ForwardInput: Sendable {
    /// Which rows of a span are wanted as logits.
    public enum Wanted: Sendable {
        case none
        case last
        case all
    }

    /// The rows of one sequence.
    public struct Span: Sendable {
        public var rowCount: Int
        /// Tokens of this sequence whose keys and values are in its blocks already; the position of the first
        /// row.
        public var computed: Int
        /// Tokens of this sequence that are known, computed or not.
        ///
        /// Chooses the frequency set, see `LanguageModel.frequencySet`.
        public var known: Int
        /// Blocks in order; they cover `computed + rowCount` tokens.
        public var blocks: [BlockID]
        public var wanted: Wanted

        /// `known` is what the span ends with unless it is given.
        public init(rowCount: Int, computed: Int, known: Int? = nil, blocks: [BlockID], wanted: Wanted) {
            self.rowCount = rowCount
            self.computed = computed
            self.known = known ?? computed.addingReportingOverflow(rowCount).partialValue
            self.blocks = blocks
            self.wanted = wanted
        }
    }

    /// One per row; the spans' rows follow each other.
    public var tokens: [TokenID]
    public var spans: [Span]
    /// Which text of a pair each token belongs to, for models that tell them apart; empty: all to the first.
    public var types: [UInt8]

    public init(tokens: [TokenID] = [], spans: [Span] = [], types: [UInt8] = []) {
        self.tokens = tokens
        self.spans = spans
        self.types = types
    }
}

/// What the engine needs of a model.
///
/// A row's result depends on that row, what came before it in its own sequence and the frequency set of what
/// is known of the sequence, bit for bit: never on the other spans, on how a prompt was cut into spans, or on
/// the number of threads.
public protocol LanguageModel: AnyObject {
    var vocabularySize: Int { get }
    var contextTokens: Int { get }
    /// Tokens in one KV block.
    var blockTokens: Int { get }
    /// Blocks that the model has memory for.
    var blockCount: Int { get }

    /// Computes all rows, writes their keys and values into their blocks, and puts the wanted rows' logits
    /// into `logits` one behind the other: `[wanted rows, vocabularySize]`. `logits` keeps its capacity from
    /// step to step.
    func forward(_ input: ForwardInput, into logits: inout [Float]) throws

    /// Names what a sequence of `known` tokens is computed with: keys and values of one set are of no use to
    /// a sequence in another.
    ///
    /// Always 0 for nearly all models; those that see further by looking at the length of a text have more.
    func frequencySet(known: Int) -> Int

    /// Copies all that one block holds to another one, between two steps.
    func copyBlock(from source: BlockID, to target: BlockID)
}

extension LanguageModel {
    public func frequencySet(known: Int) -> Int { 0 }
}
