internal import Constraints
internal import Contract
internal import KVCache

/// One generation on its way through the engine: its tokens, how many of them the model has seen, and its
/// text.
///
/// - `computed` catches up with `known`; there is no other notion of a phase.
/// - Everything but `computed` and `table` is a function of the request and of the ids in `tokens`. Losing
///   the blocks therefore costs time and changes nothing.
struct LiveSequence: Sendable {
    let job: JobID
    let attempt: Attempt
    let lane: Lane
    let deadline: Instant?
    /// Counts submissions; the lower number came first.
    ///
    /// Written by `Engine.submit`.
    let arrival: UInt64
    /// Tokens that it came with.
    ///
    /// Read by the planner.
    let openingCount: Int
    /// Rows that prompts got which came later, while it waited for its own.
    ///
    /// Written and read by the planner.
    var passedRows = 0
    let sampling: Sampling
    let promptCount: Int
    /// Tokens that it may have in all: the prompt and what its limits, the context and the pool leave.
    let limit: Int

    /// Prompt, committed and generated ids.
    ///
    /// Written by `accept`, read by the forward input.
    private(set) var tokens: [TokenID]
    /// Tokens whose keys and values are in `table`.
    ///
    /// Written by `adopt` and `giveBack`, for the planner, and by `Engine.commit`.
    var computed = 0
    /// Those of them that were found and not computed, since rows were given to it last.
    ///
    /// Written by `adopt`, `copyTail` and `giveBack`, and taken into account by the planner.
    var adopted = 0
    /// Written by the planner, and by `Engine` between two plans.
    var table: BlockTable
    /// What it waits for; it holds no blocks meanwhile.
    ///
    /// Written by `Engine.recall` and `settleFetch`, read by the planner.
    var fetch: PrefixTransferID?
    /// How often it may still ask the tier.
    ///
    /// Written and read by `Engine.recall` and `settleFetch`.
    var recallsLeft = Engine.recallLimit
    /// Set while it stands aside for a more urgent one: it gets no rows and has no place in the batch's
    /// count, and keeps its blocks until somebody needs them.
    ///
    /// Written by `Engine.pause` and `resume`, read by the planner.
    var pausedAt: Instant?
    /// How often it has stood aside, and how many tokens it had when it went on.
    ///
    /// Written and read by `Engine.pause` and `resume`.
    var pauseCount = 0
    var knownAtResume = 0
    /// Tokens that were fetched for it.
    ///
    /// Written by `Engine.settleFetch`, read by `openingRecord`.
    var fetched = 0
    /// Links of its prompt that stand for one block at least, and how many of them hang at its blocks.
    ///
    /// Written and read by `hangLinks`; `giveBack` begins anew.
    let links: [CoveredLink]
    var hungLinks = 0
    /// Whether its opening was told.
    ///
    /// Written by `openingRecord`, read by `Engine`.
    private(set) var isOpen = false
    /// Written by `accept`, read by the sampler.
    private(set) var counts: TokenCounts
    /// Written by `Engine.submit`, read where tokens are picked.
    var constraint: ConstraintCursor?
    /// Written by `Engine.score`, read by the planner.
    var score: PromptScore?
    /// Written and read by `Speculator`.
    var guessing = GuessMemory()
    /// Set once; a sequence with an end leaves the batch in the same step.
    ///
    /// Written by `accept` and `Engine`.
    var end: StreamEnd?

    let endTokens: Set<TokenID>
    /// Tokens to name beside each that is picked; nil where nobody asks how likely it was.
    let logprobs: Int?
    let spelling: (any TokenSpelling)?
    let ownChoice: OwnChoice?
    private let echo: String
    private let bans: TokenBans
    private var text: TextRelease

    /// The next id where that is not the model's choice.
    var forced: TokenID? { text.forced }
    var known: Int { tokens.count }
    /// Rows that the model has yet to compute before the next token can be picked.
    var remaining: Int { tokens.count - computed }
    /// How many ids were picked; what random numbers are drawn for the next one.
    var pickedCount: UInt32 { UInt32(truncatingIfNeeded: tokens.count - promptCount) }
    /// Position of the next id in the stream, which may begin with the prompt's.
    var position: UInt32 { pickedCount + UInt32(truncatingIfNeeded: score?.told ?? 0) }
    /// Whether tokens of the prompt have yet to be told.
    var isScoring: Bool { score.map { !$0.isWhole } ?? false }
    /// Whether the next row says how likely a token of the prompt is.
    var wantsRows: Bool { isScoring && computed >= score?.knownRows ?? 0 }
    /// How many of its next rows are all wanted, or are not.
    var rowsAlike: Int { isScoring && !wantsRows ? (score?.knownRows ?? 0) - computed : .max }
    /// Where its text may go on as it may go on now, and how many tokens before that place agree.
    mutating func findRepetition() -> (next: Int, matchCount: Int)? { guessing.findRepetition(in: tokens) }

    /// What must not come next.
    var banned: [TokenID] { bans.next(after: tokens[promptCount...]) }
    var holdsBlocks: Bool { !table.isEmpty }
    var isPaused: Bool { pausedAt != nil }
    /// Blocks that it needs before it can catch up.
    var owedBlocks: Int { table.missingBlocks(toCover: tokens.count) }

    /// Replays the committed ids: what they released has been shown, so it is dropped here.
    ///
    /// An end among them is the end of this sequence.
    init(_ request: GenerationRequest, arrival: UInt64, frame: EngineFrame) {
        job = request.job
        attempt = request.attempt
        lane = request.lane
        deadline = request.deadline
        self.arrival = arrival
        openingCount = request.promptIDs.count + request.committed.count
        sampling = request.sampling
        promptCount = request.promptIDs.count
        let room = max(0, frame.tokenLimit - promptCount)
        limit = promptCount + min(room, request.limits.maxTokens.map { Int($0) } ?? room)
        tokens = request.promptIDs
        table = BlockTable(blockTokens: frame.blockTokens, root: PrefixRoot(scope: request.scope))
        let countable = frame.blockTokens...max(frame.blockTokens, request.promptIDs.count)
        links = request.links.filter { countable.contains($0.tokens) }
        counts = TokenCounts(prompt: request.promptIDs, sampling: request.sampling)
        endTokens = (request.limits.ignoresEnd ? [] : frame.endTokens).union(request.limits.stopTokens)
        bans = TokenBans(limits: request.limits, ends: endTokens, words: request.badWords)
        spelling = request.spelling
        ownChoice = request.ownChoice
        echo = request.echo
        let likely = request.output.logprobs.map { min(Int($0), LikelyToken.countLimit) }
        logprobs = request.spelling == nil ? nil : likely
        text = TextRelease(
            decoder: request.decoder,
            stop: request.limits.stop,
            showsStop: request.output.showsStop,
            reading: request.reading
        )
        score = PromptScore(request)
        if promptCount >= limit, !isScoring { end = .length }
        for id in request.committed.dropFirst(score?.told ?? 0) {
            if end == nil { _ = accept(id) } else { tokens.append(id) }
        }
    }

    /// What is told before its first row is computed: all that is in the blocks then was not computed for it.
    mutating func openingRecord() -> TokenRecord {
        isOpen = true
        let cached = min(computed, promptCount)
        var opening = StreamOpening(
            promptTokens: UInt32(truncatingIfNeeded: promptCount),
            cachedTokens: UInt32(truncatingIfNeeded: cached)
        )
        opening.diskTokens = UInt32(truncatingIfNeeded: min(fetched, cached))
        return TokenRecord(job: job, attempt: attempt, position: position, text: echo, opening: opening)
    }

    /// Appends the next id to the stream and to what is told of this step; sets `end` when it was the last.
    mutating func accept(_ id: TokenID, _ logprob: TokenLogprob?, into record: inout TokenRecord?) {
        var told = record ?? TokenRecord(job: job, attempt: attempt, position: position)
        let offset = text.characterCount + (score?.characterCount ?? 0)
        told.append(accept(id))
        told.ids.append(id)
        if var logprob, score != nil || !endTokens.contains(id) {
            logprob.offset = UInt32(clamping: offset)
            told.logprobs.append(logprob)
        }
        told.end = end
        record = told
    }

    /// What is told of the prompt's next tokens, which are as likely as `logprobs` says.
    ///
    /// An answer of no tokens ends with the last of them.
    mutating func tell(_ logprobs: [TokenLogprob]) -> TokenRecord {
        var record = TokenRecord(job: job, attempt: attempt, position: position)
        record.isPrompt = true
        for var logprob in logprobs {
            logprob.offset = UInt32(clamping: score?.characterCount ?? 0)
            record.ids.append(logprob.token.id)
            record.text += score?.text(of: logprob.token.id) ?? ""
            record.logprobs.append(logprob)
        }
        if !isScoring, promptCount >= limit { end = .length }
        record.end = end
        return record
    }

    /// Ends it behind the last id, where its constraint lets nothing else come.
    mutating func complete(into record: inout TokenRecord?) {
        end = .stop(sequence: nil)
        record?.append(finish())
        record?.end = end
    }

    /// What is told of an end that came without an id.
    mutating func endRecord() -> TokenRecord {
        let released = finish()
        var record = TokenRecord(job: job, attempt: attempt, position: position, end: end)
        record.append(released)
        return record
    }

    /// Returns the text that `id` released.
    private mutating func accept(_ id: TokenID) -> ReleasedText {
        tokens.append(id)
        counts.note(id)
        let mayStop = bans.allowsEnd(after: tokens.count - promptCount)
        if endTokens.contains(id) {
            end = .stop(sequence: nil)
            return finish()
        }
        var released = text.push(id, mayStop: mayStop)
        if let stop = text.matchedStop {
            end = .stop(sequence: stop)
        } else if text.hasEnoughCalls {
            end = .stop(sequence: nil)
        } else if tokens.count >= limit {
            end = .length
        }
        if end != nil { released.append(finish()) }
        return released
    }

    /// The text that the end of the stream releases, whatever ended it.
    private mutating func finish() -> ReleasedText {
        let released = text.finish()
        // The decoder's last words completed a stop string: the generation ended with that.
        if case .length = end, let stop = text.matchedStop { end = .stop(sequence: stop) }
        return released
    }

    /// What its place among the prompts of a lane goes by.
    var queueLength: Int { passedRows < openingCount ? openingCount : 0 }

    /// Whether `self` goes before `other` wherever there is not enough for both.
    func precedes(_ other: LiveSequence) -> Bool { (lane, arrival) < (other.lane, other.arrival) }

    /// Tokens of KV memory, in whole blocks, to count on for it with `ahead` tokens yet to come.
    func reservedTokens(ahead: Int) -> Int {
        let tokenCount = min(limit, tokens.count + max(0, ahead))
        let blockCount = BlockTable.blockCount(covering: tokenCount, blockTokens: table.blockTokens)
        return max(blockCount, table.blocks.count) * table.blockTokens
    }
}
