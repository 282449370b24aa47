/// Turns the ids of one stream into text, one after the other, keeping unfinished characters to itself.
///
/// What it has released after n ids depends on those n ids alone.
public protocol TextDecoding: Sendable {
    /// The text that `id` completes; empty while a character is unfinished.
    mutating func push(_ id: UInt32) -> String
    /// What is left in front of something that is no text: a character that has begun will not be finished.
    mutating func endCharacter() -> String
    /// What is left at the end of the stream.
    mutating func flush() -> String
}

extension TextDecoding {
    public mutating func endCharacter() -> String { "" }
}
