/// Why a tokenizer file cannot be used: one sentence that names the field.
public struct TokenizerError: Error, Hashable, Sendable, CustomStringConvertible {
    public var message: String

    public init(_ message: String) { self.message = message }

    public var description: String { message }
}
