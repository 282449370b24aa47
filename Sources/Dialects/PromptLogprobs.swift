internal import Contract
internal import JSON

/// How likely the tokens of a prompt were, in vLLM's form: for each a table by token id, null for the first.
struct PromptLogprobs: Sendable {
    private let topCount: Int
    private var bytes: [UInt8] = []

    init(topCount: Int) { self.topCount = topCount }

    mutating func append(_ record: TokenRecord) {
        for (place, logprob) in record.logprobs.enumerated() {
            if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
            guard place > 0 || !record.beginsPrompt else {
                bytes += "null".utf8
                continue
            }
            bytes.append(UInt8(ascii: "{"))
            append(logprob.token, rank: Int(logprob.rank))
            for (index, token) in logprob.top.prefix(topCount).enumerated()
            where token.id != logprob.token.id {
                bytes.append(UInt8(ascii: ","))
                append(token, rank: index + 1)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    func write(to reply: inout [UInt8]) {
        reply.append(UInt8(ascii: "["))
        reply += bytes
        reply.append(UInt8(ascii: "]"))
    }

    private mutating func append(_ token: LikelyToken, rank: Int) {
        bytes += "\"\(token.id)\":{\"logprob\":".utf8
        JSONWriter.append(token.logprob, to: &bytes)
        bytes += ",\"rank\":\(rank),\"decoded_token\":".utf8
        JSONWriter.append(quoting: token.text, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }
}
