internal import Contract
internal import KVCache

/// The rows of one step, checked and laid out for the kernels.
///
/// Keeps its memory from step to step.
struct StepBatch {
    struct Row {
        var token: Int
        var position: Int
        /// Index into `blocks` of its sequence's first one.
        var firstBlock: Int
    }

    /// Neighbouring rows of one span whose attention is computed together.
    struct Tile {
        var firstRow: Int
        var rowCount: Int
    }

    /// What an input is checked against.
    struct Bounds {
        var vocabularySize: Int
        var contextTokens: Int
        var blockTokens: Int
        var blockCount: Int
        /// Rows in a tile at most.
        var tileRows: Int
    }

    private(set) var rows: [Row] = []
    private(set) var tiles: [Tile] = []
    /// The blocks of all spans, one span behind the other.
    private(set) var blocks: [UInt32] = []
    /// Rows whose logits are wanted, in order.
    private(set) var wanted: [Int] = []

    /// Takes a step's input.
    ///
    /// Throws before anything is computed, so that nothing out of range reaches a kernel.
    mutating func load(_ input: ForwardInput, bounds: Bounds) throws(TransformerError) {
        rows.removeAll(keepingCapacity: true)
        tiles.removeAll(keepingCapacity: true)
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
        guard span.computed >= 0, span.computed <= bounds.contextTokens - span.rowCount else {
            throw .contextExceeded(
                span: index,
                computed: span.computed,
                rows: span.rowCount,
                limit: bounds.contextTokens
            )
        }
        let tokens = span.computed + span.rowCount
        let needed = (tokens + bounds.blockTokens - 1) / bounds.blockTokens
        guard span.blocks.count >= needed else {
            throw .blocksTooFew(
                span: index,
                tokens: tokens,
                blocks: span.blocks.count,
                blockTokens: bounds.blockTokens
            )
        }
        for block in span.blocks where Int(block.rawValue) >= bounds.blockCount {
            throw .unknownBlock(span: index, block: block.rawValue, blockCount: bounds.blockCount)
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
        let firstRow = rows.count, firstBlock = blocks.count
        blocks.append(contentsOf: span.blocks.lazy.map(\.rawValue))
        for offset in 0..<span.rowCount {
            let token = tokens[firstRow + offset]
            guard Int(token) < bounds.vocabularySize else {
                throw .unknownToken(
                    row: firstRow + offset,
                    token: token,
                    vocabularySize: bounds.vocabularySize
                )
            }
            rows.append(Row(token: Int(token), position: span.computed + offset, firstBlock: firstBlock))
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

extension Int {
    fileprivate func saturatingAdd(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
