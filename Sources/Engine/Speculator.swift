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

    /// Where the guesses of the step under way came from.
    private enum Origin {
        /// So many tokens before them agree with the place that they were found at.
        case lookup(matchCount: Int)
        case draft
    }

    /// What is known of one stream.
    private struct Memory {
        var lookup = PromptLookup()
        var lookupRate = AcceptanceRate(prior: AcceptanceRate.ofLookup)
        var draftRate = AcceptanceRate(prior: AcceptanceRate.ofDraft)
        var origin: Origin?
        /// Steps since a guess was tried.
        var quietSteps = 0
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

    /// After so many steps without one a guess is tried that does not seem to pay.
    private static let stepsPerTrial = 32
    /// Streams of which the draft model knows less are not worth its passes.
    private static let leastDraftRate = 0.3

    private let options: Speculation
    private var drafter: Drafter?
    /// By the arrival of their sequences.
    private var memories: [UInt64: Memory] = [:]
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
            lookUp(batch, &budget, &rowsLeft)
            for candidate in candidates where candidate.count > 0 {
                let start = plan.guesses.count
                PromptLookup.append(
                    candidate.count,
                    of: batch[candidate.index].tokens,
                    from: candidate.next,
                    to: &plan.guesses
                )
                let origin = Origin.lookup(matchCount: candidate.matchCount)
                add(start, from: origin, to: &plan, candidate, &batch[candidate.index], &pool)
            }
        }
        draft(&plan, &batch, &pool, &budget, rowsLeft)
    }

    /// Learns how many guesses of a sequence were right; its tokens are those that stand.
    mutating func note(_ sequence: LiveSequence, rightCount: Int, of guessCount: Int) {
        drafter?.settle(sequence)
        guard guessCount > 0 else { return }
        acceptedCount += UInt64(rightCount)
        switch memories[sequence.arrival]?.origin {
        case .lookup(let matchCount):
            memories[sequence.arrival]?.lookupRate.note(
                acceptedCount: rightCount,
                of: guessCount,
                matchCount: matchCount
            )
        case .draft:
            memories[sequence.arrival]?.draftRate.note(
                acceptedCount: rightCount,
                of: guessCount,
                matchCount: 0
            )
        case nil: break
        }
    }

    /// Forgets a sequence that has ended.
    mutating func forget(_ sequence: LiveSequence) {
        memories[sequence.arrival] = nil
        drafter?.drop(sequence.arrival)
    }

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
        _ batch: [LiveSequence],
        _ budget: inout ProposalBudget,
        _ rowsLeft: inout Int
    ) {
        for place in candidates.indices {
            let index = candidates[place].index
            memories[batch[index].arrival, default: Memory()].lookup.take(batch[index].tokens)
            guard let found = memories[batch[index].arrival]?.lookup.find(batch[index].tokens) else {
                continue
            }
            (candidates[place].next, candidates[place].matchCount) = found
        }
        for depth in 0..<options.longestProposal {
            for place in candidates.indices where rowsLeft > 0 {
                guard candidates[place].count == depth, takes(place, batch, &budget) else { continue }
                candidates[place].count += 1
                rowsLeft -= 1
            }
        }
    }

    /// Whether one more token of what was found is worth its row, or due for a trial.
    private mutating func takes(
        _ place: Int,
        _ batch: [LiveSequence],
        _ budget: inout ProposalBudget
    ) -> Bool {
        let candidate = candidates[place]
        let sequence = (arrival: batch[candidate.index].arrival, computed: batch[candidate.index].computed)
        guard candidate.matchCount > 0, candidate.count < candidate.room,
            let memory = memories[sequence.arrival]
        else { return false }
        let rate = memory.lookupRate.probability(matchCount: candidate.matchCount + candidate.count)
        candidates[place].likely *= rate
        let (likely, offset) = (candidates[place].likely, candidate.count + 1)
        if budget.take(likely, computed: sequence.computed, offset: offset) { return true }
        guard candidate.count == 0 else { return false }
        memories[sequence.arrival]?.quietSteps += 1
        return memory.quietSteps >= Self.stepsPerTrial
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
            guard wishes.count < rowsLeft, isWorthDrafting(batch[candidates[place].index]) else { continue }
            let sequence = batch[candidates[place].index]
            wishes.append(
                Drafter.Wish(
                    index: candidates[place].index,
                    length: candidates[place].room,
                    sequence: sequence
                )
            )
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

    private mutating func isWorthDrafting(_ sequence: LiveSequence) -> Bool {
        let memory = memories[sequence.arrival, default: Memory()]
        if memory.draftRate.probability(matchCount: 0) >= Self.leastDraftRate { return true }
        memories[sequence.arrival, default: memory].quietSteps += 1
        return memory.quietSteps >= Self.stepsPerTrial
    }

    /// How far ahead guessing pays: each token costs a pass of the draft model and a row for each text.
    private mutating func draftLength(
        _ wishes: [Drafter.Wish],
        _ batch: [LiveSequence],
        _ budget: inout ProposalBudget,
        _ rowsLeft: Int
    ) -> Int {
        var length = 0
        let rates = wishes.map {
            memories[batch[$0.index].arrival, default: Memory()].draftRate.probability(matchCount: 0)
        }
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
        from origin: Origin,
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
        memories[sequence.arrival, default: Memory()].origin = origin
        memories[sequence.arrival]?.quietSteps = 0
        proposedCount += UInt64(count)
    }
}
