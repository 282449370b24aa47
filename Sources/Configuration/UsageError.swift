/// Why the command line, the environment or the file cannot be followed; one sentence for the person who
/// wrote it.
public struct UsageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the process ends with.
    public static let exitCode: Int32 = 2

    public let description: String

    public init(_ description: String) { self.description = description }
}
