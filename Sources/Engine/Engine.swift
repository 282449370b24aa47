internal import Constraints
public import Contract
internal import KVCache
public import Transformer

/// Runs many generations in one batch and tells, step by step, what each of them produced.
///
/// - Every request that was submitted ends in exactly one record with an `end`, whatever happens.
/// - The ids and the text of a stream depend on its request alone: not on the batch, on how prompts were cut
///   into chunks, on preemption, or on which attempt computed how much of it.
/// - A step costs O(running); requests that wait cost nothing until they are admitted.
///
/// Confined to one thread, the engine's. It asks for no time and draws no random number.
public struct Engine: ~Copyable {
    private let model: any LanguageModel
    let tier: (any PrefixTier)?
    let limits: EngineLimits
    let frame: EngineFrame
    private var planner: StepPlanner
    private var pacer: StepPacer
    var speculator: Speculator
    private var sampler = Sampler()
    var constraints = ConstraintDesk()
    var likelihoods = Likelihoods()
    var pool: BlockPool
    private(set) var inbox: Inbox
    /// The batch, most urgent first.
    ///
    /// Those without blocks wait for memory, or for the tier.
    var batch: [LiveSequence] = []
    var traffic = PrefixTraffic()
    /// Ends of requests that never came into the batch; told by the next step.
    private var endedAtOnce: [TokenRecord] = []
    private var arrivals: UInt64 = 0
    /// Whether the last step has taken somebody in.
    private var isAdmitting = false
    var tally = EngineCounters()
    // Kept from step to step for their memory.
    private var plan = StepPlan()
    private var input = ForwardInput()
    var logits: [Float] = []

    /// `draft` guesses ahead of the model where `limits.speculation` wants that, see `Drafter.obstacle`;
    /// `tier` is for blocks of this model.
    public init(
        model: any LanguageModel,
        draft: (any LanguageModel)? = nil,
        endTokens: Set<TokenID>,
        limits: EngineLimits = EngineLimits(),
        tier: (any PrefixTier)? = nil
    ) {
        self.model = model
        self.tier = tier
        self.limits = limits
        let blockCount = max(0, model.blockCount)
        let (poolTokens, overflow) = blockCount.multipliedReportingOverflow(by: max(1, model.blockTokens))
        frame = EngineFrame(
            endTokens: endTokens,
            tokenLimit: min(model.contextTokens, overflow ? .max : poolTokens),
            contextTokens: model.contextTokens,
            blockTokens: max(1, model.blockTokens),
            vocabularySize: model.vocabularySize
        )
        planner = StepPlanner(limits, vocabularySize: model.vocabularySize)
        pacer = StepPacer(limits.pace)
        speculator = Speculator(limits.speculation, draft: draft, endTokens: endTokens)
        pool = BlockPool(
            count: blockCount,
            blockTokens: frame.blockTokens,
            sharesPrefixes: limits.sharesPrefixes
        )
        inbox = Inbox(tokensSetAside: limits.tokensSetAside)
    }

    /// Takes a request; the next steps' records tell what becomes of it.
    ///
    /// One that cannot run ends with the next step. An attempt that the engine holds already is not taken
    /// twice.
    public mutating func submit(_ request: GenerationRequest) {
        guard !holds(request.job, request.attempt) else { return }
        if let failure = obstacle(to: request) {
            let position = UInt32(truncatingIfNeeded: request.committed.count)
            endedAtOnce.append(
                TokenRecord(
                    job: request.job,
                    attempt: request.attempt,
                    position: position,
                    end: .failed(failure)
                )
            )
            return
        }
        var sequence = LiveSequence(request, arrival: arrivals, frame: frame)
        arrivals += 1
        sequence.table.change(frequencySet: model.frequencySet(known: sequence.known))
        follow(request.constraint, by: &sequence)
        guard sequence.end != nil else { return inbox.offer(sequence) }
        forget(sequence)
        endedAtOnce.append(sequence.openingRecord())
        endedAtOnce.append(sequence.endRecord())
    }

    /// Ends an attempt; the next step tells so.
    ///
    /// Does nothing for one that has ended or was never submitted.
    public mutating func cancel(_ job: JobID, _ attempt: Attempt) {
        if let index = batch.firstIndex(where: { $0.job == job && $0.attempt == attempt }) {
            batch[index].end = .cancelled
        } else if var sequence = inbox.remove(Inbox.Name(job: job, attempt: attempt)) {
            sequence.end = .cancelled
            forget(sequence)
            endedAtOnce.append(sequence.endRecord())
        }
    }

    /// Advances every running sequence by at most one plan.
    ///
    /// The only place where the batch changes. A forward pass that fails ends the sequences that took part in
    /// it, and no others.
    public mutating func step(at now: Instant) -> [TokenRecord] {
        var records = endedAtOnce
        endedAtOnce.removeAll()
        // All that is told takes memory once, not each time that it grows.
        records.reserveCapacity(records.count + batch.count + limits.admissionsPerStep)
        settleTransfers()
        retire(at: now, &records)
        let waiting = inbox.first
        resume(before: waiting, at: now)
        admit(at: now)
        recall()
        planner.plan(&batch, &pool, model, pacer: pacer, into: &plan)
        guard !plan.shares.isEmpty else { return records }
        speculator.guess(
            ahead: &plan,
            of: &batch,
            &pool,
            Speculator.Step(
                model: model,
                forecast: pacer.forecast,
                rowsLeft: max(0, limits.rowsPerStep - plan.size.rows)
            )
        )
        for share in plan.shares where !batch[share.index].isOpen {
            records.append(batch[share.index].openingRecord())
        }
        do {
            try forward()
            commit(&records)
        } catch {
            let failure = Failure(.engineFailed, "the forward pass failed: \(error)")
            for share in plan.shares { fail(share.index, failure, &records) }
            plan.size = StepSize()
        }
        dismissEnded()
        return records
    }

    /// Tells how long the last step took, whatever the clock.
    ///
    /// Without it steps are planned by their limits alone.
    public mutating func note(stepTook duration: Duration) {
        pacer.note(plan.size, took: duration)
        if plan.size.promptRows > 0 { tier?.noteComputed(promptTokens: plan.size.promptRows, in: duration) }
        plan.size = StepSize()
    }

    public var hasWork: Bool {
        !batch.isEmpty || inbox.count > 0 || !endedAtOnce.isEmpty || tier?.hasEvents ?? false
    }

    /// Whether the last step computed nothing, because all that is there waits for the tier.
    ///
    /// Its next event, or the next request, is what to step for.
    public var waitsForTier: Bool {
        plan.shares.isEmpty && !isAdmitting && endedAtOnce.isEmpty && !traffic.isEmpty
    }

    /// What can be submitted on top of everything that was.
    public var credit: EngineCredit {
        // A block that several sequences share counts once.
        let reserved = batch.reduce(inbox.reservedTokens + pool.usedCount * frame.blockTokens) {
            $0 + $1.reservedTokens(ahead: limits.tokensSetAside) - $1.table.capacityTokens
        }
        return EngineCredit(
            freeSequences: max(0, limits.sequences - batch.count - inbox.count),
            freeTokens: max(0, pool.count * frame.blockTokens - reserved)
        )
    }

    public var counters: EngineCounters {
        var counters = tally
        counters.preemptions = planner.preemptionCount
        counters.reusedTokens = planner.reusedTokenCount
        counters.usedBlocks = pool.usedCount
        counters.cachedBlocks = pool.cachedCount
        counters.evictions = pool.evictionCount
        counters.emptyBlocks = pool.freeCount
        counters.blockTokens = frame.blockTokens
        counters.promptRowsLeft = promptRowsLeft
        counters.promptRowsPerSecond = pacer.promptRowsPerSecond
        counters.secondsPerStream = pacer.secondsPerStream(beside: activeCount)
        counters.proposedTokens = speculator.proposedCount
        counters.acceptedTokens = speculator.acceptedCount
        counters.running = activeCount
        counters.paused = batch.count - counters.running
        counters.waiting = inbox.count
        return counters
    }

    // MARK: The step's verbs, in order

    /// Ends what was cancelled and what has outlived its deadline, waiting or running.
    ///
    /// It goes first, so that the places it frees are taken in the same step.
    private mutating func retire(at now: Instant, _ records: inout [TokenRecord]) {
        let late = StreamEnd.failed(
            Failure(.deadlineExceeded, "the job's deadline passed before it was finished")
        )
        while var sequence = inbox.takeExpired(at: now) {
            sequence.end = late
            forget(sequence)
            records.append(sequence.endRecord())
        }
        for index in batch.indices {
            if batch[index].end == nil, let deadline = batch[index].deadline, deadline <= now {
                batch[index].end = late
            }
            if batch[index].end != nil { records.append(batch[index].endRecord()) }
        }
        dismissEnded()
    }

    /// Moves requests into the batch while there are places and blocks.
    private mutating func admit(at now: Instant) {
        isAdmitting = false
        for _ in 0..<max(1, limits.admissionsPerStep) {
            guard let next = inbox.first, hasPlace || pause(for: next.lane, at: now) else { return }
            let place = batch.firstIndex { next.precedes($0) } ?? batch.count
            batch.insert(next, at: place)
            guard StepPlanner.start(place, of: &batch, &pool) else {
                batch.remove(at: place)
                return
            }
            isAdmitting = inbox.takeFirst() != nil
        }
    }

    /// The only slow part of a step.
    private mutating func forward() throws {
        input.tokens.removeAll(keepingCapacity: true)
        var wantedRows = 0
        for share in plan.shares {
            let computed = batch[share.index].computed
            let catchesUp = batch[share.index].remaining == share.knownCount
            input.tokens.append(contentsOf: batch[share.index].tokens[computed..<computed + share.knownCount])
            input.tokens.append(contentsOf: plan.guesses[share.guessed])
            input.spans.append(
                ForwardInput.Span(
                    rowCount: share.rowCount,
                    computed: computed,
                    known: batch[share.index].known + share.guessed.count,
                    blocks: batch[share.index].table.blocks,
                    wanted: share.wantsAll ? .all : catchesUp ? .last : .none
                )
            )
            wantedRows += share.wantsAll ? share.rowCount : catchesUp ? 1 : 0
        }
        // The spans hold the block lists: let go of them, or adding the next block would copy its list.
        defer { input.spans.removeAll(keepingCapacity: true) }
        try model.forward(input, into: &logits)
        let wanted = wantedRows * frame.vocabularySize
        guard logits.count >= wanted else { throw ShortLogits(count: logits.count, wanted: wanted) }
    }

    /// Picks the next tokens of every sequence that has caught up, and tells them.
    private mutating func commit(_ records: inout [TokenRecord]) {
        tally.steps += 1
        var row = 0
        for share in plan.shares {
            let index = share.index
            let catchesUp = batch[index].remaining == share.knownCount
            let isNext = batch[index].computed >= batch[index].promptCount && share.knownCount == 1
            if share.isScored { score(share, from: row, &records) }
            batch[index].computed += share.knownCount
            if !isNext { tally.promptTokens += UInt64(share.knownCount) }
            if share.isScored { row += share.knownCount - 1 }
            guard catchesUp || share.isScored else { continue }
            if catchesUp, batch[index].end == nil { pick(share, from: row, &records) }
            row += 1 + share.guessed.count
        }
        for share in plan.shares {
            publish(share.index)
            batch[share.index].table.trim(toCover: batch[share.index].known, in: &pool)
        }
    }

    /// Picks one token, and after each guess that was right the next one.
    ///
    /// A row serves only if the tokens before it are those that were picked, so that what was guessed has no
    /// part in what is picked. Keys and values of wrong guesses are behind `computed` and are overwritten.
    private mutating func pick(_ share: StepPlan.Share, from row: Int, _ records: inout [TokenRecord]) {
        let index = share.index
        var record: TokenRecord?
        var rightCount = 0
        do {
            while true {
                let start = (row + rightCount) * frame.vocabularySize
                let place = start..<start + frame.vocabularySize
                if batch[index].logprobs != nil { likelihoods.keep(logits, at: place) }
                let banned = constrain(place, for: batch[index])
                let id =
                    try batch[index].forced
                    ?? sampler.choose(
                        from: &logits,
                        at: place,
                        after: batch[index].counts,
                        banned: banned,
                        position: batch[index].pickedCount,
                        sampling: batch[index].sampling
                    )
                tally.generatedTokens += 1
                batch[index].accept(id, logprob(of: id, for: index), into: &record)
                try constraints.follow(&batch[index], into: &record)
                guard rightCount < share.guessed.count,
                    plan.guesses[share.guessed.lowerBound + rightCount] == id
                else { break }
                rightCount += 1
                guard batch[index].end == nil else { break }
                batch[index].computed += 1
            }
            if let record { records.append(record) }
        } catch {
            if let record { records.append(record) }
            fail(index, Self.failure(of: error), &records)
        }
        speculator.note(&batch[index], rightCount: rightCount, of: share.guessed.count)
    }

    /// How likely the token was that was just picked; nil where nobody asks.
    private mutating func logprob(of id: TokenID, for index: Int) -> TokenLogprob? {
        guard let topCount = batch[index].logprobs, let spelling = batch[index].spelling else { return nil }
        return likelihoods.logprob(of: id, topCount: topCount, spelling)
    }

    /// Lets others have what was computed for a sequence, unless it failed.
    private mutating func publish(_ index: Int) {
        if case .failed = batch[index].end { return }
        batch[index].publish(to: &pool)
        let set = model.frequencySet(known: batch[index].known)
        guard set != batch[index].table.root.frequencySet else { return }
        // What is in the blocks serves texts of another length only: it is computed again.
        batch[index].giveBack(to: &pool)
        batch[index].table.change(frequencySet: set)
    }

    mutating func fail(_ index: Int, _ failure: Failure, _ records: inout [TokenRecord]) {
        batch[index].end = .failed(failure)
        records.append(batch[index].endRecord())
    }

    /// Where every token is masked, it was the request that masked them.
    static func failure(of error: any Error) -> Failure {
        guard case SamplingError.nothingLeft = error else {
            return Failure(.engineFailed, "no token can be picked: \(error)")
        }
        let masks = "allowed_token_ids, bad_words, min_tokens and the constraint on the output"
        return Failure(.invalidRequest, "no token may come next: \(masks) leave none")
    }

    /// Gives back the blocks of those whose end was told, and forgets them.
    private mutating func dismissEnded() {
        var hasEnded = false
        for index in batch.indices where batch[index].end != nil {
            spill(batch[index])
            batch[index].table.giveBack(to: &pool)
            forget(batch[index])
            hasEnded = true
        }
        if hasEnded { batch.removeAll { $0.end != nil } }
    }

    // MARK: Intake

    private func holds(_ job: JobID, _ attempt: Attempt) -> Bool {
        inbox.holds(Inbox.Name(job: job, attempt: attempt))
            || batch.contains { $0.job == job && $0.attempt == attempt }
            || endedAtOnce.contains { $0.job == job && $0.attempt == attempt }
    }

    /// Why a request can never run, or not now; nil for one that can.
    private func obstacle(to request: GenerationRequest) -> Failure? {
        let count = request.promptIDs.count
        if inbox.count >= limits.waiting {
            return Failure(.laneFull, "\(inbox.count) requests wait for the engine already")
        }
        if count == 0 { return Failure(.invalidRequest, "the prompt has no tokens") }
        if count >= frame.contextTokens {
            return Failure(
                .contextExceeded,
                "\(count) tokens > \(frame.contextTokens - 1) maximum; "
                    + "the model's context holds \(frame.contextTokens), "
                    + "of which the answer needs one at least"
            )
        }
        if count >= frame.tokenLimit {
            return Failure(
                .memoryExceeded,
                "the prompt has \(count) tokens; the KV memory of this worker holds \(frame.tokenLimit), "
                    + "of which the answer needs one at least"
            )
        }
        let stopBytes = request.limits.stop.reduce(0) { $0 + $1.utf8.count }
        if stopBytes > limits.stopBytes {
            return Failure(
                .invalidRequest,
                "the stop strings have \(stopBytes) bytes, the limit is \(limits.stopBytes)"
            )
        }
        let forced = request.reading?.endOfThinking ?? []
        for (field, ids) in [
            ("prompt", request.promptIDs), ("committed", request.committed), ("end_of_thinking", forced),
        ] {
            guard let index = ids.firstIndex(where: { Int($0) >= frame.vocabularySize }) else { continue }
            return Failure(
                .invalidRequest,
                "\(field)[\(index)] is token \(ids[index]);"
                    + " the vocabulary ends before \(frame.vocabularySize)"
            )
        }
        return nil
    }
}

/// A model broke its promise about the logits.
private struct ShortLogits: Error, CustomStringConvertible {
    var count: Int
    var wanted: Int

    var description: String { "the model gave \(count) logits where \(wanted) were wanted" }
}
