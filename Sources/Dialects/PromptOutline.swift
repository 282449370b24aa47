public import Contract

/// Which parts of a request a chat's messages were made of, so that a place in the prompt can be told in the
/// client's own words.
///
/// A few numbers per part; it stays at the edge.
public struct PromptOutline: Sendable {
    /// A part of a request that becomes text in the prompt.
    enum Part: Hashable, Sendable {
        /// All of `system`, or one of its blocks.
        case system(Int?)
        case message(Int)

        var name: String {
            switch self {
            case .system(nil): "system"
            case .system(let index?): "system[\(index)]"
            case .message(let index): "messages[\(index)]"
            }
        }
    }

    /// A stretch of one message's content.
    struct Stretch: Sendable {
        /// Where it ends, in bytes.
        var end: Int
        var part: Part
    }

    /// By message of the chat context; each has at least one stretch.
    var messages: [[Stretch]] = []

    /// Of a prompt that nobody here has read.
    public init() {}

    init(messages: [[Stretch]]) { self.messages = messages }

    /// What was not known of a prompt any more, as far as it can be told.
    public func divergence(at end: ReuseEnd) -> PromptDivergence {
        switch end {
        case .start: return PromptDivergence(.start, "start")
        case .template: return PromptDivergence(.template, "template")
        case .tools: return PromptDivergence(.tools, "tools")
        case .text: return PromptDivergence(.prompt, "prompt")
        case .message(let index, let byte):
            guard messages.indices.contains(Int(index)) else {
                return PromptDivergence(.messages, "messages")
            }
            let stretches = messages[Int(index)]
            let found = stretches.first { $0.end > Int(byte) } ?? stretches.last
            guard let part = found?.part else { return PromptDivergence(.messages, "messages") }
            if case .system = part { return PromptDivergence(.system, part.name) }
            return PromptDivergence(.messages, part.name)
        }
    }
}

/// The part of a request in which a prompt parted from what was computed before.
public struct PromptDivergence: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        /// Nothing was known.
        case start
        /// Text that is in no part of the request.
        case template
        case tools
        case system
        case messages
        /// A prompt that is one text.
        case prompt
    }

    public var kind: Kind
    /// Such as `messages[3]`.
    public var name: String

    init(_ kind: Kind, _ name: String) {
        self.kind = kind
        self.name = name
    }
}
