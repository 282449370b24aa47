import CChecksum
import Contract
import KVCache
import Synchronization
import TestSupport
import Testing
import Transformer

/// What a model said after each history of tokens, whoever asked and however it was computed.
///
/// Shared by all models of one subject: the first answer stands, and every other has to be the same, bit for
/// bit.
final class HistoryLedger: Sendable {
    private let answers = Mutex<[UInt64: UInt32]>([:])

    var count: Int { answers.withLock { $0.count } }

    /// Whether the answer is the one that stands.
    func accepts(_ logits: UnsafeRawBufferPointer, after history: UInt64) -> Bool {
        guard let start = logits.bindMemory(to: UInt8.self).baseAddress else { return false }
        let answer = checksum_crc32c(0, start, logits.count)
        return answers.withLock { answers in
            guard let first = answers[history] else {
                answers[history] = answer
                return true
            }
            return first == answer
        }
    }
}

/// A real model that remembers which history each place of its KV memory was computed for, and holds what it
/// says against the ledger.
///
/// It reads a row's history out of the sequence's blocks, as attention does: a block that belongs to another
/// history shows up as logits that do not fit.
final class HistoryModel: LanguageModel {
    private let model: TransformerModel
    private let ledger: HistoryLedger
    private let label: String
    /// One number for all tokens up to a place: `[block, token of block]`.
    private var histories: [UInt64]

    init(_ model: TransformerModel, _ ledger: HistoryLedger, label: String) {
        self.model = model
        self.ledger = ledger
        self.label = label
        histories = Array(repeating: 0, count: model.blockCount * model.blockTokens)
    }

    var vocabularySize: Int { model.vocabularySize }
    var contextTokens: Int { model.contextTokens }
    var blockTokens: Int { model.blockTokens }
    var blockCount: Int { model.blockCount }

    func frequencySet(known: Int) -> Int { model.frequencySet(known: known) }

    func copyBlock(from source: BlockID, to target: BlockID) {
        model.copyBlock(from: source, to: target)
        let (from, to) = (Int(source.rawValue) * blockTokens, Int(target.rawValue) * blockTokens)
        for slot in 0..<blockTokens { histories[to + slot] = histories[from + slot] }
    }

    func forward(_ input: ForwardInput, into logits: inout [Float]) throws {
        try model.forward(input, into: &logits)
        var row = 0
        var wanted = 0
        for span in input.spans {
            for position in span.computed..<span.computed + span.rowCount {
                let before = position == 0 ? 0 : histories[place(of: position - 1, in: span)]
                let history = mix(before ^ UInt64(input.tokens[row]) << 16 ^ UInt64(position))
                histories[place(of: position, in: span)] = history
                row += 1
                let isLast = position == span.computed + span.rowCount - 1
                guard span.wanted == .all || span.wanted == .last && isLast else { continue }
                check(logits, wanted, span, history, position: position)
                wanted += 1
            }
        }
    }

    private func check(
        _ logits: [Float],
        _ index: Int,
        _ span: ForwardInput.Span,
        _ history: UInt64,
        position: Int
    ) {
        // Keys are turned by the frequencies of the text's length.
        let history = mix(history ^ UInt64(model.frequencySet(known: span.known)))
        let row = index * vocabularySize * 4..<(index + 1) * vocabularySize * 4
        let fits = logits.withUnsafeBytes {
            ledger.accepts(UnsafeRawBufferPointer(rebasing: $0[row]), after: history)
        }
        #expect(fits, "\(label): other logits at position \(position)")
    }

    private func place(of position: Int, in span: ForwardInput.Span) -> Int {
        Int(span.blocks[position / blockTokens].rawValue) * blockTokens + position % blockTokens
    }
}

/// One step of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
private func mix(_ word: UInt64) -> UInt64 {
    var random = SplitMix64(seed: word)
    return random.next()
}
