internal import Contract
internal import KVCache

/// The rows of one step, checked and laid out for the kernels.
///
/// Keeps its memory from step to step.
struct StepBatch {
    struct Row {
        var token: Int
        var position: Int
        /// Tokens of its sequence that are known.
        var known: Int
        /// Which text of a pair it belongs to.
        var type: Int
        /// Index into `spans`.
        var span: Int
    }

    /// Neighbouring rows of one span whose attention is computed together.
    struct Tile {
        var firstRow: Int
        var rowCount: Int
    }

    /// The rows of one sequence.
    struct Span {
        var firstRow: Int
        var rowCount: Int
        /// Index into `blocks` of its first one.
        var firstBlock: Int
    }

    /// What an input is checked against.
    struct Bounds {
        var vocabularySize: Int
        var contextTokens: Int
        /// Nil: sequences begin and end within the step and have no blocks.
        var blocks: BlockBounds?
        var tokenTypeCount: Int
        /// Rows in a tile at most.
        var tileRows: Int
    }

    struct BlockBounds {
        var tokens: Int
        var count: Int
    }

    private(set) var rows: [Row] = []
    private(set) var tiles: [Tile] = []
    private(set) var spans: [Span] = []
    /// The blocks of all spans, one span behind the other; where there are none, each row is one.
    private(set) var blocks: [UInt32] = []
    /// Rows whose results are wanted, in order.
    private(set) var wanted: [Int] = []

    /// Takes a step's input.
    ///
    /// Throws before anything is computed, so that nothing out of range reaches a kernel.
    mutating func load(_ input: ForwardInput, bounds: Bounds) throws(TransformerError) {
        rows.removeAll(keepingCapacity: true)
        tiles.removeAll(keepingCapacity: true)
        spans.removeAll(keepingCapacity: true)
        blocks.removeAll(keepingCapacity: true)
        wanted.removeAll(keepingCapacity: true)
        guard input.tokens.count <= TransformerLimits.rowsPerStep else {
            throw .tooManyRows(rows: input.tokens.count, limit: TransformerLimits.rowsPerStep)
        }
        for (index, span) in input.spans.enumerated() {
            try check(span, index: index, rowsLeft: input.tokens.count - rows.count, bounds: bounds)
            try append(span, index: index, tokens: input.tokens, bounds: bounds)
        }
        guard rows.count == input.tokens.count else {
            throw .rowCount(tokens: input.tokens.count, spans: rows.count)
        }
        try takeTypes(input.types, count: bounds.tokenTypeCount)
    }

    private func check(
        _ span: ForwardInput.Span,
        index: Int,
        rowsLeft: Int,
        bounds: Bounds
    )
        throws(TransformerError)
    {
        guard span.rowCount > 0 else { throw .emptySpan(span: index) }
        guard span.rowCount <= rowsLeft else {
            throw .rowCount(tokens: rows.count + rowsLeft, spans: rows.count.saturatingAdd(span.rowCount))
        }
        let limit = bounds.contextTokens
        guard span.computed >= 0, span.computed <= limit - span.rowCount else {
            throw .contextExceeded(span: index, computed: span.computed, rows: span.rowCount, limit: limit)
        }
        let tokens = span.computed + span.rowCount
        guard span.known >= tokens, span.known <= limit else {
            throw .knownTokens(span: index, known: span.known, allowed: tokens...limit)
        }
        guard let pool = bounds.blocks else {
            precondition(span.computed == 0, "without blocks nothing is left from an earlier step")
            return
        }
        let needed = (tokens + pool.tokens - 1) / pool.tokens
        guard span.blocks.count >= needed else {
            throw .blocksTooFew(
                span: index,
                tokens: tokens,
                blocks: span.blocks.count,
                blockTokens: pool.tokens
            )
        }
        for block in span.blocks where Int(block.rawValue) >= pool.count {
            throw .unknownBlock(span: index, block: block.rawValue, blockCount: pool.count)
        }
    }

    private mutating func append(
        _ span: ForwardInput.Span,
        index: Int,
        tokens: [TokenID],
        bounds: Bounds
    )
        throws(TransformerError)
    {
        let firstRow = rows.count
        spans.append(Span(firstRow: firstRow, rowCount: span.rowCount, firstBlock: blocks.count))
        if bounds.blocks == nil {
            blocks.append(contentsOf: UInt32(firstRow)..<UInt32(firstRow + span.rowCount))
        } else {
            blocks.append(contentsOf: span.blocks.lazy.map(\.rawValue))
        }
        for offset in 0..<span.rowCount {
            let token = tokens[firstRow + offset]
            guard Int(token) < bounds.vocabularySize else {
                throw .unknownToken(
                    row: firstRow + offset,
                    token: token,
                    vocabularySize: bounds.vocabularySize
                )
            }
            let position = span.computed + offset
            rows.append(
                Row(token: Int(token), position: position, known: span.known, type: 0, span: index)
            )
        }
        for first in stride(from: firstRow, to: rows.count, by: bounds.tileRows) {
            tiles.append(Tile(firstRow: first, rowCount: min(bounds.tileRows, rows.count - first)))
        }
        switch span.wanted {
        case .none: break
        case .last: wanted.append(rows.count - 1)
        case .all: wanted.append(contentsOf: firstRow..<rows.count)
        }
    }
}

extension StepBatch {
    /// A model without types takes no notice of them.
    private mutating func takeTypes(_ types: [UInt8], count: Int) throws(TransformerError) {
        guard !types.isEmpty, count > 0 else { return }
        guard types.count == rows.count else { throw .typeCount(types: types.count, rows: rows.count) }
        for (row, type) in types.enumerated() {
            guard Int(type) < count else { throw .unknownType(row: row, type: type, typeCount: count) }
            rows[row].type = Int(type)
        }
    }
}

extension Int {
    fileprivate func saturatingAdd(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
