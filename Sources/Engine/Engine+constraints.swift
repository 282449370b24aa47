internal import Constraints
internal import Contract

/// What the engine does for texts that have to be like something.
///
/// The mask of a row is that of the ids before it, so a guess that was right is masked like any other token,
/// and a sequence that was moved or has lost its blocks is where its ids say.
extension Engine {
    /// Opens the constraint of a sequence and reads the ids that it came with.
    ///
    /// Where nothing but the end can come behind them, that is the end.
    mutating func follow(_ constraint: TokenConstraint?, by sequence: inout LiveSequence) {
        guard let constraint else { return }
        sequence.constraint = constraints.open(constraint)
        var record: TokenRecord?
        do throws(ConstraintBreach) {
            try constraints.follow(&sequence, into: &record)
        } catch {
            sequence.end = .failed(Failure(.engineFailed, "the text cannot be continued: \(error)"))
        }
    }

    /// Masks a row of logits, and returns what must not come next for other reasons.
    ///
    /// Where nothing but an end may come, it may come before the least length of the answer.
    ///
    /// An end is no part of the text: it may come where the text may end, whatever the constraint thinks of
    /// its bytes.
    mutating func constrain(_ range: Range<Int>, for sequence: LiveSequence) -> [TokenID] {
        guard let cursor = sequence.constraint, let choice = constraints.choice(cursor) else {
            return sequence.banned
        }
        let unchosen = unchosen(range, choice, for: sequence)
        choice.tokens.apply(to: &logits, at: range, besides: choice.mayEnd ? sequence.endTokens : [])
        for id in unchosen where Int(id) < range.count { logits[range.lowerBound + Int(id)] = -.infinity }
        guard choice.mayEnd, choice.tokens.isEmpty else { return sequence.banned }
        return sequence.banned.filter { !sequence.endTokens.contains($0) }
    }

    /// Of the tokens that are up to the model those that the constraint lets come and it would not say.
    private func unchosen(
        _ range: Range<Int>,
        _ choice: ConstraintChoice,
        for sequence: LiveSequence
    ) -> Set<TokenID> {
        guard let own = sequence.ownChoice, own.marker.map({ $0 == sequence.tokens.last }) ?? true,
            own.tokens.contains(where: choice.tokens.contains)
        else { return [] }
        var best = range.lowerBound
        for place in range where logits[place] > logits[best] { best = place }
        return own.tokens.contains(TokenID(best - range.lowerBound)) ? [] : own.tokens
    }

    /// Lets go of what is kept beside a sequence that has ended.
    mutating func forget(_ sequence: LiveSequence) {
        speculator.forget(sequence)
        if let cursor = sequence.constraint { constraints.close(cursor) }
    }
}

extension ConstraintDesk {
    /// Reads the ids of a sequence that were not read yet, and ends it where it is complete.
    mutating func follow(
        _ sequence: inout LiveSequence,
        into record: inout TokenRecord?
    ) throws(ConstraintBreach) {
        guard let cursor = sequence.constraint, sequence.end == nil else { return }
        try read(sequence.tokens[sequence.promptCount...], cursor)
        if isComplete(cursor) { sequence.complete(into: &record) }
    }
}
