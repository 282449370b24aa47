/// Where the bytes of one block lie.
///
/// Whoever hands it over promises that nobody else writes there, or reads while it is being filled, until the
/// store has told that it is done.
// Unchecked because of the pointer: the promise above makes it belong to one thread at a time.
public struct BlockMemory: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer
    /// Keeps the memory mapped for as long as somebody may touch it.
    private let owner: AnyObject

    public init(_ bytes: UnsafeMutableRawBufferPointer, owner: AnyObject) {
        self.bytes = bytes
        self.owner = owner
    }
}
