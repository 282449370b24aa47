internal import Constraints
internal import Contract
internal import Engine
internal import Synchronization
internal import Tokenizer

/// The constraints of one model, compiled once for each outline.
///
/// Used by the preparing thread; the vocabulary is sorted when the first one is asked for.
final class ConstraintBook: Sendable {
    private struct Page {
        var constraint: TokenConstraint
        var lastUse: UInt64
    }

    private struct State {
        var trie: TokenTrie?
        var pages: [OutlineRules: Page] = [:]
        var useCount: UInt64 = 0
    }

    /// Constraints that are kept.
    private static let pageLimit = 64

    private let tokenizer: Tokenizer
    /// Special tokens that an outline may hold.
    private let signs: [TokenID: [UInt8]]
    private let state = Mutex(State())

    init(_ tokenizer: Tokenizer, signs: [TokenID: [UInt8]]) {
        self.tokenizer = tokenizer
        self.signs = signs
    }

    /// A constraint ready for the engine, or the sentence that the client is told.
    func constraint(for wanted: OutlineRules) throws(Failure) -> TokenConstraint {
        guard tokenizer.joinsTokens else {
            throw Failure(.invalidRequest, "the model's tokenizer does not allow constrained output")
        }
        return try state.withLock { state throws(Failure) in
            state.useCount += 1
            if let page = state.pages[wanted] {
                state.pages[wanted]?.lastUse = state.useCount
                return page.constraint
            }
            let made = try make(wanted, &state)
            if state.pages.count >= Self.pageLimit,
                let oldest = state.pages.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                state.pages[oldest.key] = nil
            }
            state.pages[wanted] = Page(constraint: made, lastUse: state.useCount)
            return made
        }
    }

    private func make(_ wanted: OutlineRules, _ state: inout State) throws(Failure) -> TokenConstraint {
        let compiled: CompiledConstraint
        do throws(ConstraintError) {
            compiled = try CompiledConstraint(wanted)
        } catch {
            throw Failure(.invalidRequest, "the constraint on the output cannot be used: \(error)")
        }
        let trie = state.trie ?? TokenTrie(tokenizer, signs: signs)
        state.trie = trie
        return TokenConstraint(compiled, trie, dropsFirstSpace: tokenizer.dropsFirstSpace)
    }
}
