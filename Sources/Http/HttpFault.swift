/// Why a request is turned away before it reaches a handler; the connection closes after the reply.
public struct HttpFault: Error, Hashable, Sendable {
    public var status: Int
    /// For people; names what is wrong with the request, or the limit it passed.
    public var sentence: String

    public init(_ status: Int, _ sentence: String) {
        self.status = status
        self.sentence = sentence
    }

    static func malformed(_ sentence: String) -> HttpFault { HttpFault(400, sentence) }
}
