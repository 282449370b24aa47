/// Why a model cannot be set up, or a step not be computed.
///
/// A step that is refused has changed nothing.
public enum TransformerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// An option is out of range.
    case option(name: String, value: Int, allowed: ClosedRange<Int>)
    /// The memory does not hold a single block.
    case memoryBelowOneBlock(bytes: Int, blockBytes: Int)
    /// The system refused something.
    case system(call: String, code: Int32)

    /// The spans' rows do not add up to the tokens.
    case rowCount(tokens: Int, spans: Int)
    case tooManyRows(rows: Int, limit: Int)
    case emptySpan(span: Int)
    /// The span begins or ends outside the model's context.
    case contextExceeded(span: Int, computed: Int, rows: Int, limit: Int)
    case blocksTooFew(span: Int, tokens: Int, blocks: Int, blockTokens: Int)
    case unknownBlock(span: Int, block: UInt32, blockCount: Int)
    case knownTokens(span: Int, known: Int, allowed: ClosedRange<Int>)
    case typeCount(types: Int, rows: Int)
    case unknownType(row: Int, type: UInt8, typeCount: Int)
    case unknownToken(row: Int, token: UInt32, vocabularySize: Int)

    public var description: String {
        switch self {
        case .option(let name, let value, let allowed):
            "\(name): is \(value), not within \(allowed.lowerBound) and \(allowed.upperBound)"
        case .memoryBelowOneBlock(let bytes, let blockBytes):
            "memory: \(bytes) bytes do not hold one block of \(blockBytes)"
        case .system(let call, let code): "\(call) failed with error \(code)"
        case .rowCount(let tokens, let spans): "\(tokens) tokens, but the spans have \(spans) rows"
        case .tooManyRows(let rows, let limit): "\(rows) rows, the limit is \(limit)"
        case .emptySpan(let span): "span \(span): has no rows"
        case .contextExceeded(let span, let computed, let rows, let limit):
            "span \(span): \(rows) rows after \(computed) computed tokens; the context has \(limit)"
        case .blocksTooFew(let span, let tokens, let blocks, let blockTokens):
            "span \(span): \(blocks) blocks of \(blockTokens) do not hold \(tokens) tokens"
        case .unknownBlock(let span, let block, let blockCount):
            "span \(span): block \(block), but there are \(blockCount)"
        case .knownTokens(let span, let known, let allowed):
            "span \(span): \(known) known tokens, not within \(allowed.lowerBound) and \(allowed.upperBound)"
        case .typeCount(let types, let rows): "\(types) token types for \(rows) rows"
        case .unknownType(let row, let type, let typeCount):
            "row \(row): token type \(type), but the model has \(typeCount)"
        case .unknownToken(let row, let token, let vocabularySize):
            "row \(row): token \(token), but the vocabulary has \(vocabularySize)"
        }
    }
}
