/// What one step computes, counted in the things that its duration follows from.
struct StepSize: Hashable, Sendable {
    /// Rows of all spans.
    var rows = 0
    /// Those of them that belong to sequences which had more than their last token to catch up with.
    var promptRows = 0
    /// Tokens that ran on: rows of sequences that lacked nothing but their last token, proposals not counted.
    var streams = 0
    /// Rows whose logits are wanted.
    var wantedRows = 0
    /// Keys that the rows look at, summed over the rows.
    var attendedTokens = 0
    /// Forward passes of the draft model before the step, and the rows of all of them.
    var draftPasses = 0
    var draftRows = 0

    /// Whether tokens were proposed in it.
    var isSpeculative: Bool { draftPasses > 0 || rows > promptRows + streams }

    /// Adds the row of a running stream's last token.
    mutating func addStream(computed: Int) {
        streams += 1
        wantedRows += 1
        add(1, computed: computed)
    }

    /// Adds the row of a guess, `offset` tokens behind the last one of a stream.
    mutating func addProposal(computed: Int, offset: Int) {
        wantedRows += 1
        add(1, computed: computed + offset)
    }

    /// Adds a chunk of a prompt, of which so many rows are wanted as logits.
    mutating func addPrompt(_ rowCount: Int, computed: Int, wanted: Int) {
        promptRows += rowCount
        wantedRows += wanted
        add(rowCount, computed: computed)
    }

    private mutating func add(_ rowCount: Int, computed: Int) {
        rows += rowCount
        attendedTokens += rowCount * computed + rowCount * (rowCount + 1) / 2
    }
}
