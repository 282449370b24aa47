/// Where in a prompt the text ends that was computed before, for another one.
///
/// Told by the worker, which renders the prompt, in terms of what it was given; the edge knows what part of
/// the client's request that was.
public enum ReuseEnd: Hashable, Sendable {
    /// Nothing was known.
    case start
    /// In text of the chat template's own.
    case template
    /// In the definitions of tools.
    case tools
    /// In a message of the chat context, so many bytes into its content; what surrounds the content of a
    /// message, its calls too, counts as it.
    case message(UInt32, byte: UInt32)
    /// In a prompt that is one text.
    case text
}
