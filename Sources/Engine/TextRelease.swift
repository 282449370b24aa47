internal import Contract

/// The text of one stream as its client may see it: a pure function of the ids emitted so far.
///
/// That is what makes a continuation exact: replaying the committed ids brings any worker to the same point.
struct TextRelease: Sendable {
    private var decoder: any TextDecoding
    private var holder: StopHolder

    init(decoder: any TextDecoding, stop: [String]) {
        self.decoder = decoder
        holder = StopHolder(stop)
    }

    /// The stop string that was found.
    var matchedStop: String? { holder.matched }

    /// The text that `id` released.
    mutating func push(_ id: TokenID) -> String { holder.push(decoder.push(id)) }

    /// What the end of the stream releases.
    ///
    /// The decoder's last words may complete a stop string.
    mutating func finish() -> String {
        let text = holder.push(decoder.flush())
        return text + holder.finish()
    }
}
