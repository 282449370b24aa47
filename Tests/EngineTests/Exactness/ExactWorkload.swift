import Contract
import Engine
import TestSupport

/// Requests that a seed draws: greedy and sampled ones, with shared beginnings, equal prompts and every kind
/// of state that a continuation has to bring back.
struct ExactWorkload {
    let requests: [GenerationRequest]

    init(seed: UInt64, count: Int, vocabularySize: Int, contextTokens: Int) {
        var random = SplitMix64(seed: seed)
        func tokens(_ count: Int) -> [TokenID] {
            (0..<count).map { _ in TokenID.random(in: 0..<TokenID(vocabularySize), using: &random) }
        }
        let room = min(contextTokens, 160)
        let beginnings = [tokens(room / 3), tokens(room / 2), []]
        var requests: [GenerationRequest] = []
        for number in 0..<count {
            let tail = tokens(Int.random(in: 1...room / 6, using: &random))
            var prompt = beginnings[Int.random(in: 0..<3, using: &random)] + tail
            // Another choice of the same prompt, or what follows an answer.
            if let last = requests.last, Int.random(in: 0..<4, using: &random) == 0 {
                prompt = last.promptIDs
            }
            requests.append(Self.request(number, prompt, &random))
        }
        self.requests = requests
    }

    private static func request(
        _ number: Int,
        _ prompt: [TokenID],
        _ random: inout SplitMix64
    ) -> GenerationRequest {
        var request = GenerationRequest(job: JobID(number), promptIDs: prompt, decoder: NumberDecoder())
        request.limits.maxTokens = UInt32.random(in: 1...24, using: &random)
        request.limits.ignoresEnd = Bool.random(using: &random)
        request.lane = Lane.allCases[Int.random(in: 0..<Lane.allCases.count, using: &random)]
        request.sampling.seed = random.next()
        request.sampling.choice = UInt32.random(in: 0...3, using: &random)
        request.sampling.temperature = [0, 0, 0.7, 1.5][Int.random(in: 0..<4, using: &random)]
        request.sampling.topP = Bool.random(using: &random) ? 1 : 0.9
        request.sampling.topK = Bool.random(using: &random) ? 0 : 20
        if Int.random(in: 0..<3, using: &random) == 0 {
            request.sampling.repetitionPenalty = 1.2
            request.sampling.presencePenalty = 0.3
            request.sampling.frequencyPenalty = 0.1
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
            request.limits.stop = ["\(Int.random(in: 0...9, using: &random)) \(number % 10)"]
        }
        return request
    }
}

/// Shows each id as its number, so that every id has a text and stop strings may lie across several.
struct NumberDecoder: TextDecoding {
    mutating func push(_ id: UInt32) -> String { "\(id) " }
    mutating func flush() -> String { "" }
}
