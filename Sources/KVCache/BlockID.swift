/// Names one block of KV memory: an index into the pool of one model.
public struct BlockID: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }
}
