/// What a hub knows the user by; it never shows in any text.
public struct HubToken: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// For the `Authorization` field alone.
    let secret: String

    /// Nil unless it can stand in a header: visible ASCII without spaces.
    public init?(_ text: String) {
        guard (1...4096).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        secret = text
    }

    public var description: String { "(hidden)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
