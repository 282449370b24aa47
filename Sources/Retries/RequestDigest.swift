/// Stands for a request, or for a part of it: two are the same if and only if what they stand for is.
///
/// Made by whoever has the bytes, with a hash that nobody can find a second text for.
public struct RequestDigest: Hashable, Sendable {
    public let bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }
}
