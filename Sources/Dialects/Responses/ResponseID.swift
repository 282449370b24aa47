public import Contract

/// Names a response, and with a number behind it each of its items.
///
/// A response has the name of its job, so nobody can guess that of somebody else; an item's id tells which
/// response it came with, so that a reference to it needs no index.
///
///     resp_0123456789abcdeffedcba9876543210        a response
///     msg_0123456789abcdeffedcba9876543210_3       its fourth item, counted through input and output
public struct ResponseID: Hashable, Sendable, CustomStringConvertible {
    public let job: JobID

    public init(_ job: JobID) { self.job = job }

    /// Nil for what no response is called.
    public init?(_ text: String) {
        guard text.hasPrefix(Self.prefix), let job = JobID(String(text.dropFirst(Self.prefix.count))) else {
            return nil
        }
        self.job = job
    }

    /// The response that an item with this id came with.
    init?(item text: String) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 3, let job = JobID(String(parts[1])), UInt32(parts[2]) != nil else { return nil }
        self.job = job
    }

    private static let prefix = "resp_"

    public var description: String { "\(Self.prefix)\(job)" }

    /// The id of an item; `kind` is what its type's ids begin with.
    func item(_ kind: String, _ number: Int) -> String { "\(kind)_\(job)_\(number)" }
}
