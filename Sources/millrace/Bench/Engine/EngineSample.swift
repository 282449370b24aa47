import JSON

/// One measurement of the engine.
struct EngineSample {
    var tokenCount: Int
    var seconds: Double
    /// Engine steps in which the tokens were computed.
    var stepCount: Int
    /// From the request to the first token; of several streams the median.
    var firstTokenSeconds: Double
    /// Tokens of context that the streams had on average when the clock was started; 0 for a prompt.
    var meanDepth = 0.0
    /// What other programs took of the machine meanwhile, from 0 to 1.
    var othersShare = 0.0

    var tokensPerSecond: Double { seconds > 0 ? Double(tokenCount) / seconds : 0 }

    var json: JSONObject {
        [
            "tokens": .integer(Int64(tokenCount)), "seconds": .number(seconds),
            "tokens_per_second": .number(tokensPerSecond), "steps": .integer(Int64(stepCount)),
            "first_token_seconds": .number(firstTokenSeconds),
            "mean_depth": .number(meanDepth), "others_share": .number(othersShare),
        ]
    }
}
