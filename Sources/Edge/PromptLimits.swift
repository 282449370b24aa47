internal import Contract
internal import Dialects

/// What a prompt may measure so that its job fits into one frame, whatever was committed meanwhile; and what
/// one request may put on the fleet.
enum PromptLimits {
    /// Of all jobs of a request, each of which carries its own prompt; a link's outbox holds no more.
    static let requestBytes = 16 << 20
    /// Of text; the wire's own limit.
    static let textBytes = 4 << 20
    /// Of text as JSON writes it: quotes and control characters take more.
    static let escapedBytes = 6 << 20
    static let tokens = 1 << 19

    static func check(_ jobs: [Job]) throws(DialectError) {
        for job in jobs where !job.isFurtherChoice { try check(job.prompt) }
        let byteCount = jobs.reduce(0) { $0 + $1.prompt.byteCount }
        guard byteCount <= requestBytes else {
            throw DialectError(
                .tooLarge,
                "the prompts of all choices together have \(byteCount) bytes, the limit is \(requestBytes)"
            )
        }
    }

    private static func check(_ prompt: Prompt) throws(DialectError) {
        switch prompt {
        case .tokens(let ids):
            guard ids.count <= tokens else { throw tooLarge("\(ids.count) tokens", "\(tokens)") }
        case .pair(let first, let second):
            try check(.text(first))
            try check(.text(second))
        case .text(let text), .chat(context: let text):
            let count = text.utf8.count
            guard count <= textBytes else { throw tooLarge("\(count) bytes", "\(textBytes)") }
            // The rest of the count is only needed where it could matter.
            guard count > escapedBytes / 6 else { return }
            let escaped = text.utf8.reduce(0) { $0 + escapedLength($1) }
            guard escaped <= escapedBytes else {
                throw tooLarge("\(escaped) bytes as JSON", "\(escapedBytes)")
            }
        }
    }

    private static func tooLarge(_ size: String, _ limit: String) -> DialectError {
        DialectError(.tooLarge, "the prompt has \(size), the limit is \(limit)")
    }

    private static func escapedLength(_ byte: UInt8) -> Int {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): 2
        case 0..<0x20, 0x7F: 6
        default: 1
        }
    }
}

extension Job {
    /// Whether its prompt is that of the job before it.
    var isFurtherChoice: Bool { sampling.choice > 0 }
}
