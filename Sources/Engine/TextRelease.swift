internal import Contract

/// The text of one stream as its client may see it: a pure function of the ids emitted so far.
///
/// That is what makes a continuation exact: replaying the committed ids brings any worker to the same point.
struct TextRelease: Sendable {
    private var decoder: any TextDecoding
    private var holder: StopHolder

    init(decoder: any TextDecoding, stop: [String], showsStop: Bool = false) {
        self.decoder = decoder
        holder = StopHolder(stop, showsMatch: showsStop)
    }

    /// The stop string that was found.
    var matchedStop: String? { holder.matched }

    /// The text that `id` released.
    ///
    /// Before a generation may stop, its text is not looked at: a stop string that began there does not count
    /// later.
    mutating func push(_ id: TokenID, mayStop: Bool = true) -> String {
        let text = decoder.push(id)
        return mayStop ? holder.push(text) : text
    }

    /// What the end of the stream releases.
    ///
    /// The decoder's last words may complete a stop string.
    mutating func finish() -> String {
        let text = holder.push(decoder.flush())
        return text + holder.finish()
    }
}
