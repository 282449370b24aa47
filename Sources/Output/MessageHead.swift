/// The head of a message: `assistant<|channel|>commentary to=functions.f <|constrain|>json`.
struct MessageHead {
    private(set) var isThinking = false
    /// Who the message is for, if it is not for the user.
    private(set) var recipient: String?

    init(_ head: [UInt8], _ format: ChannelFormat?) {
        let text = String(decoding: SpecialToken.spelled(head), as: UTF8.self)
        let words = text.split { $0 == " " || $0 == "<" || $0 == "\n" }.map(String.init)
        recipient = words.first { $0.hasPrefix("to=") }.map { String($0.dropFirst(3)) }
        if let format {
            let name = String(format.channel.text.dropFirst()) + format.thinkingChannel
            isThinking = words.contains(name)
        }
    }
}
