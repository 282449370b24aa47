internal import Contract

/// How likely a record's tokens were: the part of a record that only some jobs ask for.
enum LogprobsBody {
    /// Bytes of a token before its own.
    private static let tokenByteCount = 10

    static func append(_ logprobs: [TokenLogprob], to bytes: inout [UInt8]) throws(FrameError) {
        try bytes.append("logprobs", count: logprobs.count, atMost: WireLimits.idsPerRecord)
        for logprob in logprobs {
            try append(logprob.token, to: &bytes)
            try bytes.append("top", count: logprob.top.count, atMost: WireLimits.likelyTokens)
            for token in logprob.top { try append(token, to: &bytes) }
        }
    }

    private static func append(_ token: LikelyToken, to bytes: inout [UInt8]) throws(FrameError) {
        guard token.logprob.isFinite else { throw FrameError(.invalidRequest, "logprob must be finite") }
        bytes.append(integer: token.id)
        bytes.append(integer: token.logprob.bitPattern)
        try bytes.append("token_len", count: token.bytes.count, atMost: LikelyToken.byteLimit)
        bytes += token.bytes
    }

    static func read(_ reader: inout BodyReader) throws(FrameError) -> [TokenLogprob] {
        let limit = WireLimits.idsPerRecord
        let count = try reader.count("logprobs", atMost: limit, ofAtLeast: tokenByteCount + 2)
        var logprobs: [TokenLogprob] = []
        logprobs.reserveCapacity(count)
        for _ in 0..<count {
            var logprob = TokenLogprob(try readToken(&reader))
            let limit = WireLimits.likelyTokens
            let topCount = try reader.count("top", atMost: limit, ofAtLeast: tokenByteCount)
            for _ in 0..<topCount { logprob.top.append(try readToken(&reader)) }
            logprobs.append(logprob)
        }
        return logprobs
    }

    /// Whether anything is known of where the tokens stand.
    static func havePlaces(_ logprobs: [TokenLogprob]) -> Bool {
        logprobs.contains { $0.offset != 0 || $0.rank != 0 }
    }

    static func appendPlaces(_ logprobs: [TokenLogprob], to bytes: inout [UInt8]) {
        for logprob in logprobs {
            bytes.append(integer: logprob.offset)
            bytes.append(integer: logprob.rank)
        }
    }

    static func readPlaces(of logprobs: inout [TokenLogprob], _ reader: inout BodyReader) throws(FrameError) {
        for index in logprobs.indices {
            logprobs[index].offset = try reader.integer("offset")
            logprobs[index].rank = try reader.integer("rank")
        }
    }

    private static func readToken(_ reader: inout BodyReader) throws(FrameError) -> LikelyToken {
        let id: TokenID = try reader.integer("id")
        let logprob = Float(bitPattern: try reader.integer("logprob"))
        guard logprob.isFinite else { throw .malformed("logprob is not finite") }
        let byteCount = try reader.count("token_len", atMost: LikelyToken.byteLimit, ofAtLeast: 1)
        return LikelyToken(id: id, logprob: logprob, bytes: try reader.bytes("token", count: byteCount))
    }
}
