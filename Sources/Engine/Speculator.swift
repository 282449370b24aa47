internal import Contract
internal import KVCache
internal import Transformer

/// Guesses ahead of running streams where that makes tokens come faster.
///
/// The guesses become rows of the step behind the last known token. What the model makes of them decides
/// alone: a guess stands if it is what is picked anyway. So nothing here can change a token, whatever it
/// guesses, and everything here may be lost at any time.
///
/// A text that was looked up comes first, since it costs nothing; the draft model is asked about the others.
struct Speculator: ~Copyable {
    /// What the guesses have to fit into.
    struct Step {
        var model: any LanguageModel
        var forecast: StepForecast
        /// Rows that the step may have besides its plan.
        var rowsLeft: Int
    }

    /// A stream that may be guessed ahead in this step.
    private struct Candidate {
        /// Indexes into the plan's shares and the batch.
        var share: Int
        var index: Int
        /// Tokens that can be guessed at all.
        var room: Int
        /// Where the text may go on, and how many tokens before that place agree.
        var next = 0
        var matchCount = 0
        var count = 0
        /// Probability that the last of the guesses taken is right.
        var likely = 1.0
    }

    private let options: Speculation
    private var drafter: Drafter?
    private(set) var proposedCount: UInt64 = 0
    private(set) var acceptedCount: UInt64 = 0
    // Kept from step to step for its memory.
    private var candidates: [Candidate] = []

    init(_ options: Speculation, draft: (any LanguageModel)?, endTokens: Set<TokenID>) {
        self.options = options
        if options.drafts, let draft {
            drafter = Drafter(draft, endTokens: endTokens)
        } else {
            drafter = nil
        }
    }

    /// Adds guesses to the shares of streams, and their rows to the size of the plan.
    mutating func guess(
        ahead plan: inout StepPlan,
        of batch: inout [LiveSequence],
        _ pool: inout BlockPool,
        _ step: Step
    ) {
        guard options.looksUp || drafter != nil else { return }
        collect(plan, batch, step)
        guard !candidates.isEmpty else { return }
        var budget = ProposalBudget(plan.size, forecast: step.forecast)
        var rowsLeft = step.rowsLeft
        if options.looksUp {
            lookUp(&batch, &budget, &rowsLeft)
            for candidate in candidates where candidate.count > 0 {
                let start = plan.guesses.count
                PromptLookup.append(
                    candidate.count,
                    of: batch[candidate.index].tokens,
                    from: candidate.next,
                    to: &plan.guesses
                )
                let origin = GuessMemory.Origin.lookup(matchCount: candidate.matchCount)
                add(start, from: origin, to: &plan, candidate, &batch[candidate.index], &pool)
            }
        }
        draft(&plan, &batch, &pool, &budget, rowsLeft)
    }

    /// Learns how many guesses of a sequence were right; its tokens are those that stand.
    mutating func note(_ sequence: inout LiveSequence, rightCount: Int, of guessCount: Int) {
        drafter?.settle(sequence)
        guard guessCount > 0 else { return }
        acceptedCount += UInt64(rightCount)
        sequence.guessing.note(rightCount: rightCount, of: guessCount)
    }

    /// Forgets a sequence that has ended.
    mutating func forget(_ sequence: LiveSequence) { drafter?.drop(sequence.arrival) }

    func audit() -> [String] { drafter?.audit() ?? [] }
}

extension Speculator {
    private mutating func collect(_ plan: StepPlan, _ batch: [LiveSequence], _ step: Step) {
        candidates.removeAll(keepingCapacity: true)
        for (place, share) in plan.shares.enumerated() {
            guard share.rowCount == 1, batch[share.index].remaining == 1 else { continue }
            let room = room(for: batch[share.index], step.model)
            if room > 0 { candidates.append(Candidate(share: place, index: share.index, room: room)) }
        }
    }

    /// Guesses that a sequence may have: one token more is picked behind them, and all of them have to be
    /// computed with the frequency set of the known ones.
    private func room(for sequence: LiveSequence, _ model: any LanguageModel) -> Int {
        let most = min(options.longestProposal, sequence.limit - sequence.known - 1)
        let set = sequence.table.root.frequencySet
        var room = 0
        while room < most, model.frequencySet(known: sequence.known + room + 1) == set { room += 1 }
        return room
    }

    /// Finds where the texts may go on, and takes of that what is worth its rows: the next token of every
    /// text first, then the one after it.
    private mutating func lookUp(
        _ batch: inout [LiveSequence],
        _ budget: inout ProposalBudget,
        _ rowsLeft: inout Int
    ) {
        for place in candidates.indices {
            let index = candidates[place].index
            guard let found = batch[index].findRepetition() else { continue }
            (candidates[place].next, candidates[place].matchCount) = found
        }
        for depth in 0..<options.longestProposal {
            for place in candidates.indices where rowsLeft > 0 {
                guard candidates[place].count == depth, takes(place, &batch, &budget) else { continue }
                candidates[place].count += 1
                rowsLeft -= 1
            }
        }
    }

    /// Whether one more token of what was found is worth its row, or due for a trial.
    private mutating func takes(
        _ place: Int,
        _ batch: inout [LiveSequence],
        _ budget: inout ProposalBudget
    ) -> Bool {
        let candidate = candidates[place]
        guard candidate.matchCount > 0, candidate.count < candidate.room else { return false }
        let matchCount = candidate.matchCount + candidate.count
        let rate = batch[candidate.index].guessing.lookupProbability(matchCount: matchCount)
        let likely = candidate.likely * rate
        candidates[place].likely = likely
        let computed = batch[candidate.index].computed
        if budget.take(likely, computed: computed, offset: candidate.count + 1) { return true }
        return candidate.count == 0 && batch[candidate.index].guessing.passUp()
    }

    /// Has the draft model guess where nothing was found.
    private mutating func draft(
        _ plan: inout StepPlan,
        _ batch: inout [LiveSequence],
        _ pool: inout BlockPool,
        _ budget: inout ProposalBudget,
        _ rowsLeft: Int
    ) {
        guard drafter?.isBroken == false, rowsLeft > 0 else { return }
        var wishes: [Drafter.Wish] = []
        var places: [Int] = []
        for place in candidates.indices where candidates[place].count == 0 {
            let index = candidates[place].index
            guard wishes.count < rowsLeft, batch[index].guessing.isWorthDrafting() else { continue }
            let (room, sequence) = (candidates[place].room, batch[index])
            wishes.append(Drafter.Wish(index: index, length: room, sequence: sequence))
            places.append(place)
        }
        let length = draftLength(wishes, batch, &budget, rowsLeft)
        guard length > 0 else { return }
        for place in wishes.indices { wishes[place].length = min(wishes[place].length, length) }
        guard let cost = drafter?.draft(&wishes, of: batch) else { return }
        plan.size.draftPasses += cost.passes
        plan.size.draftRows += cost.rows
        for (place, wish) in zip(places, wishes) where !wish.guesses.isEmpty {
            let start = plan.guesses.count
            plan.guesses += wish.guesses
            add(start, from: .draft, to: &plan, candidates[place], &batch[wish.index], &pool)
        }
    }

    /// How far ahead guessing pays: each token costs a pass of the draft model and a row for each text.
    private mutating func draftLength(
        _ wishes: [Drafter.Wish],
        _ batch: [LiveSequence],
        _ budget: inout ProposalBudget,
        _ rowsLeft: Int
    ) -> Int {
        var length = 0
        let rates = wishes.map { batch[$0.index].guessing.draftProbability }
        var likely = rates
        while length < options.longestProposal, (length + 1) * wishes.count <= rowsLeft {
            var larger = budget.size
            larger.draftPasses += 1
            var gain = 0.0
            for place in wishes.indices where wishes[place].length > length {
                larger.addProposal(computed: batch[wishes[place].index].computed, offset: length + 1)
                larger.draftRows += 1
                gain += likely[place]
                likely[place] *= rates[place]
            }
            guard gain > 0, budget.take(larger, gain: gain) else { return length }
            length += 1
        }
        return length
    }

    /// Gives a share the guesses that begin at `start`, as many as there are blocks for without taking any
    /// from others.
    private mutating func add(
        _ start: Int,
        from origin: GuessMemory.Origin,
        to plan: inout StepPlan,
        _ candidate: Candidate,
        _ sequence: inout LiveSequence,
        _ pool: inout BlockPool
    ) {
        let known = sequence.known
        try? sequence.table.cover(known + plan.guesses.count - start, from: &pool)
        let count = min(plan.guesses.count - start, candidate.room, sequence.table.capacityTokens - known)
        plan.guesses.removeLast(plan.guesses.count - start - max(0, count))
        guard count > 0 else { return }
        plan.shares[candidate.share].guessed = start..<start + count
        plan.shares[candidate.share].rowCount += count
        for offset in 1...count { plan.size.addProposal(computed: sequence.computed, offset: offset) }
        sequence.guessing.tries(origin)
        proposedCount += UInt64(count)
    }
}
