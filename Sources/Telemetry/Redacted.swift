/// Carries a prompt or a key through code that logs, and prints as `<redacted>` wherever it is printed.
///
/// `description`, `debugDescription` and the mirror that `dump` walks are all covered; the value itself is
/// reached by the one word `exposed`, which a reviewer can search for.
public struct Redacted<Value> {
    public let exposed: Value

    public init(_ value: Value) { exposed = value }
}

extension Redacted: Sendable where Value: Sendable {}
extension Redacted: Equatable where Value: Equatable {}
extension Redacted: Hashable where Value: Hashable {}

extension Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<redacted>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
