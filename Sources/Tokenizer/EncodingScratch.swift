/// The working memory of one call of `encode`, so that no word allocates and a tokenizer can serve several
/// threads.
///
/// Unchecked, because at any time it belongs to one call of `encode`, or to the tokenizer's locked list.
final class EncodingScratch: @unchecked Sendable {
    let match = MatchMemory()
    /// The result so far.
    var ids: [UInt32] = []
    /// The symbols of the word being merged.
    var symbols: [UInt32] = []
    /// Beside each symbol: its merge with the next one (short words).
    var merges: [MergeTable.Merge] = []
    /// The best ways through the word being cut.
    var steps: [Unigram.Step] = []
    var words = WordMemory()
    /// One buffer per pre-tokenizer step that rewrites its text.
    private var buffers: [[UInt8]] = []

    /// Lends the buffer of one step, emptied.
    func takeBuffer(_ step: Int) -> [UInt8] {
        while buffers.count <= step { buffers.append([]) }
        var buffer: [UInt8] = []
        swap(&buffer, &buffers[step])
        buffer.removeAll(keepingCapacity: true)
        return buffer
    }

    func giveBack(_ buffer: consuming [UInt8], _ step: Int) { buffers[step] = buffer }
}
