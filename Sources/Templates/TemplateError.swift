/// Why a template cannot be read or rendered.
public struct TemplateError: Error, Hashable, Sendable, CustomStringConvertible {
    public var message: String
    /// True when the template itself refused, by `raise_exception`.
    public var raised: Bool
    /// The line of the template, counted from 1.
    public var line: Int?

    public init(_ message: String, raised: Bool = false, line: Int? = nil) {
        self.message = message
        self.raised = raised
        self.line = line
    }

    public var description: String { line.map { "\(message) (line \($0))" } ?? message }
}
