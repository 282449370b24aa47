internal import Contract
internal import KVCache
public import Transformer

/// A smaller model that says ahead what the model may say.
///
/// - It picks with the random numbers of the sequence, so that the two models agree as often as they can.
/// - Its memory is its own. A text that finds no room there is not drafted, and whatever goes wrong ends the
///   draft and nothing else.
/// - It reads a text in chunks, between other steps, before it says anything about it.
public struct Drafter: ~Copyable {
    /// A text to go on with.
    struct Wish {
        /// Index into the batch.
        var index: Int
        /// Tokens to say at most.
        var length: Int
        /// What it said; written by `draft`.
        var guesses: [TokenID] = []
        /// Of the text and the guesses.
        fileprivate var counts: TokenCounts
        fileprivate var isDone = false

        init(index: Int, length: Int, sequence: LiveSequence) {
            self.index = index
            self.length = length
            counts = sequence.counts
        }
    }

    /// What it has read of one sequence.
    private struct Reading {
        var table: BlockTable
        /// Tokens whose keys and values are in `table`, guesses among them.
        var computed = 0
    }

    /// Rows of a wish in the pass under way.
    private struct Turn {
        var place: Int
        var rowCount: Int
        var isWanted: Bool
    }

    /// Rows that it reads before one step, for all sequences and at least for each.
    private static let catchUpRows = 256
    private static let leastCatchUpRows = 32
    /// Failures in a row after which it is not asked again.
    private static let mostFailures = 3

    private let model: any LanguageModel
    private let endTokens: Set<TokenID>
    private var pool: BlockPool
    private var sampler = Sampler()
    /// By the arrival of their sequences.
    private var readings: [UInt64: Reading] = [:]
    private var failureCount = 0
    // Kept from step to step for their memory.
    private var input = ForwardInput()
    private var logits: [Float] = []
    private var turns: [Turn] = []

    init(_ model: any LanguageModel, endTokens: Set<TokenID>) {
        self.model = model
        self.endTokens = endTokens
        pool = BlockPool(count: max(0, model.blockCount), blockTokens: max(1, model.blockTokens))
    }

    /// Why `draft` cannot speak for `model`; nil where it can.
    public static func obstacle(to draft: any LanguageModel, for model: any LanguageModel) -> String? {
        guard draft.vocabularySize != model.vocabularySize else { return nil }
        return "the draft model has a vocabulary of \(draft.vocabularySize) tokens, the model one of"
            + " \(model.vocabularySize); they need the same tokenizer"
    }

    var isBroken: Bool { failureCount >= Self.mostFailures }

    /// Says what may follow, as far as it has read the texts; reads on otherwise.
    ///
    /// Returns the passes and the rows that this took.
    mutating func draft(_ wishes: inout [Wish], of batch: [LiveSequence]) -> (passes: Int, rows: Int) {
        let chunk = max(Self.leastCatchUpRows, Self.catchUpRows / max(1, wishes.count))
        var passes = 0
        var rows = 0
        while !isBroken {
            begin()
            for place in wishes.indices where !wishes[place].isDone {
                add(wishes[place], at: place, of: batch[wishes[place].index], chunk: chunk)
            }
            guard !turns.isEmpty else { break }
            passes += 1
            rows += input.tokens.count
            guard run(wishes, batch) else { break }
            speak(&wishes, batch)
        }
        input.spans.removeAll(keepingCapacity: true)
        return (passes, rows)
    }

    /// Takes note of the tokens that stand: what it read behind them is not their text.
    mutating func settle(_ sequence: LiveSequence) {
        guard var reading = readings.removeValue(forKey: sequence.arrival) else { return }
        reading.computed = min(reading.computed, sequence.known - 1)
        reading.table.index(sequence.tokens, upTo: reading.computed, in: &pool)
        reading.table.trim(toCover: sequence.known, in: &pool)
        readings[sequence.arrival] = reading
    }

    /// Forgets what was read of a sequence.
    mutating func drop(_ arrival: UInt64) {
        guard var reading = readings.removeValue(forKey: arrival) else { return }
        reading.table.giveBack(to: &pool)
    }

    /// What is wrong with the books; empty when they balance.
    func audit() -> [String] {
        var violations = pool.audit()
        let used = Set(readings.values.flatMap(\.table.blocks))
        if used.count != pool.usedCount {
            violations.append("\(pool.usedCount) blocks are used, by drafts \(used.count)")
        }
        return violations.map { "draft: \($0)" }
    }
}

extension Drafter {
    private mutating func begin() {
        input.tokens.removeAll(keepingCapacity: true)
        input.spans.removeAll(keepingCapacity: true)
        turns.removeAll(keepingCapacity: true)
    }

    /// Adds the rows that a wish lacks to the next pass, if there is room for them.
    private mutating func add(_ wish: Wish, at place: Int, of sequence: LiveSequence, chunk: Int) {
        let known = sequence.known + wish.guesses.count
        guard known < model.contextTokens else { return }
        var reading = readings.removeValue(forKey: sequence.arrival) ?? open(sequence)
        let set = model.frequencySet(known: known)
        if reading.table.root.frequencySet != set {
            reading.table.giveBack(to: &pool)
            reading = Reading(table: table(sequence, frequencySet: set))
        }
        let rowCount = min(known - reading.computed, chunk)
        // Without room for all of it, reading it would only be in vain.
        let target = reading.table.isEmpty ? known + wish.length : reading.computed + rowCount
        guard reading.table.missingBlocks(toCover: target) <= pool.availableCount,
            (try? reading.table.cover(reading.computed + rowCount, from: &pool)) != nil
        else { return reading.table.giveBack(to: &pool) }
        let first = reading.computed
        let isWanted = first + rowCount == known
        for position in first..<first + rowCount {
            let isKnown = position < sequence.known
            input.tokens.append(
                isKnown ? sequence.tokens[position] : wish.guesses[position - sequence.known]
            )
        }
        input.spans.append(
            ForwardInput.Span(
                rowCount: rowCount,
                computed: first,
                known: known,
                blocks: reading.table.blocks,
                wanted: isWanted ? .last : .none
            )
        )
        turns.append(Turn(place: place, rowCount: rowCount, isWanted: isWanted))
        readings[sequence.arrival] = reading
    }

    /// Begins with what is known of the text already.
    private mutating func open(_ sequence: LiveSequence) -> Reading {
        let set = model.frequencySet(known: sequence.known)
        var reading = Reading(table: table(sequence, frequencySet: set))
        reading.table.adopt(sequence.tokens, limit: sequence.known - 1, from: &pool)
        reading.computed = reading.table.indexedTokens
        return reading
    }

    private func table(_ sequence: LiveSequence, frequencySet: Int) -> BlockTable {
        var root = sequence.table.root
        root.frequencySet = frequencySet
        return BlockTable(blockTokens: max(1, model.blockTokens), root: root)
    }

    /// Computes a pass; one that fails costs the texts that took part in it what was read of them.
    private mutating func run(_ wishes: [Wish], _ batch: [LiveSequence]) -> Bool {
        do {
            try model.forward(input, into: &logits)
            let wantedCount = turns.count { $0.isWanted }
            guard logits.count >= wantedCount * model.vocabularySize else { throw DraftFailure() }
        } catch {
            for turn in turns { drop(batch[wishes[turn.place].index].arrival) }
            failureCount += 1
            return false
        }
        failureCount = 0
        // The spans hold the block lists: let go of them, or adding the next block would copy its list.
        input.spans.removeAll(keepingCapacity: true)
        for turn in turns {
            readings[batch[wishes[turn.place].index].arrival]?.computed += turn.rowCount
        }
        return true
    }

    /// Picks a guess for each text that was read to its end.
    private mutating func speak(_ wishes: inout [Wish], _ batch: [LiveSequence]) {
        let size = model.vocabularySize
        var row = 0
        for turn in turns {
            guard turn.isWanted else {
                wishes[turn.place].isDone = true
                continue
            }
            defer { row += 1 }
            let sequence = batch[wishes[turn.place].index]
            let guess = try? sampler.choose(
                from: &logits,
                at: row * size..<(row + 1) * size,
                after: wishes[turn.place].counts,
                position: sequence.pickedCount
                    &+ UInt32(truncatingIfNeeded: wishes[turn.place].guesses.count),
                sampling: sequence.sampling
            )
            if let guess {
                wishes[turn.place].guesses.append(guess)
                wishes[turn.place].counts.note(guess)
            }
            // Behind an end there is nothing to guess.
            wishes[turn.place].isDone =
                guess.map { endTokens.contains($0) } ?? true
                || wishes[turn.place].guesses.count >= wishes[turn.place].length
        }
    }
}

/// The draft model broke its promise about the logits.
private struct DraftFailure: Error {}
