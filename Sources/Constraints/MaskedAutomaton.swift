internal import Contract

/// A constraint at work over a vocabulary: which tokens each state allows, worked out once.
///
/// A mask is put together of three parts, so that little is left to do where the state is new but the place
/// in the text is not: what a JSON string allows inside itself does not depend on what is around it; what may
/// end one is a small part of the vocabulary; everything else dies after a byte or two.
struct MaskedAutomaton {
    private(set) var automaton: ByteAutomaton
    private let trie: TokenTrie
    private let horizons: [[Int32]?]
    private var masks: [Int32: TokenMask] = [:]
    /// That of the empty text where a first space is dropped.
    private var firstMask: TokenMask?
    /// By state: the one whose mask it has; -1 where nobody asked.
    private var narrowed: [Int32] = []
    private let maskLimit: Int
    /// Instructions that the automaton may have run when the mask under way is done.
    private var stepLimit = 0
    /// States that it may have then.
    private let stateLimit = 8 * ConstraintLimits.states
    /// By depth: the state of the walk under way.
    private var states: [Int32]

    init(_ constraint: TokenConstraint) {
        automaton = constraint.compiled.automaton(isGenerating: true)
        horizons = constraint.horizons
        trie = constraint.trie
        states = Array(repeating: ByteAutomaton.dead, count: trie.longestByteCount + 1)
        maskLimit = max(16, ConstraintLimits.maskBits / max(1, trie.tokenCount))
    }

    var start: Int32 { automaton.start }

    func accepts(_ state: Int32) -> Bool { automaton.accepts(state) }
    func isComplete(_ state: Int32) -> Bool { automaton.isComplete(state) }

    mutating func step(_ state: Int32, _ bytes: ArraySlice<UInt8>) -> Int32 { automaton.step(state, bytes) }

    /// Whether so much is remembered that `keep` is due.
    var isFull: Bool { automaton.isFull }

    /// Forgets all states but the start and some more; returns their new numbers.
    mutating func keep(_ states: [Int32]) -> [Int32] {
        masks.removeAll(keepingCapacity: true)
        narrowed.removeAll(keepingCapacity: true)
        return automaton.keep(states)
    }

    /// The tokens after which some text is still accepted.
    ///
    /// `dropsSpace`: a space that a token begins with is not part of the text.
    mutating func mask(of state: Int32, dropsSpace: Bool = false) -> TokenMask {
        stepLimit = automaton.stepCount + ConstraintLimits.stepsPerMask
        while narrowed.count <= Int(state) { narrowed.append(-1) }
        if narrowed[Int(state)] < 0 {
            narrowed[Int(state)] = automaton.narrowed(
                state,
                toByteCount: trie.longestByteCount,
                horizons
            )
        }
        let state = narrowed[Int(state)]
        guard !dropsSpace else { return maskWithoutSpace(of: state) }
        if let mask = masks[state] { return mask }
        if masks.count > maskLimit { masks.removeAll(keepingCapacity: true) }
        var mask = TokenMask(tokenCount: trie.tokenCount)
        let parts = automaton.parts(of: state)
        for inside in parts.insides { mask.formUnion(insideMask(of: inside)) }
        if let outside = parts.outside { walk(trie.plain, from: outside, into: &mask) }
        walk(trie.quoting, from: state, into: &mask)
        masks[state] = mask
        return mask
    }

    private mutating func maskWithoutSpace(of state: Int32) -> TokenMask {
        if let mask = firstMask { return mask }
        var mask = TokenMask(tokenCount: trie.tokenCount)
        walk(trie.plain, from: state, dropsSpace: true, into: &mask)
        walk(trie.quoting, from: state, dropsSpace: true, into: &mask)
        firstMask = mask
        return mask
    }

    /// The tokens that stay within a string.
    private mutating func insideMask(of state: Int32) -> TokenMask {
        if let mask = masks[state] { return mask }
        var mask = TokenMask(tokenCount: trie.tokenCount)
        walk(trie.plain, from: state, into: &mask)
        masks[state] = mask
        return mask
    }

    private mutating func walk(
        _ nodes: TokenTrie.Nodes,
        from start: Int32,
        dropsSpace: Bool = false,
        into mask: inout TokenMask
    ) {
        states[0] = start
        var node = 0
        while node < nodes.bytes.count {
            // A mask without some tokens is poorer and not wrong; a grammar that is that ambiguous gets no
            // more.
            guard automaton.stepCount < stepLimit, automaton.stateCount < stateLimit else { return }
            let byte = nodes.bytes[node]
            let depth = Int(nodes.depths[node])
            let isDropped = dropsSpace && depth == 0 && byte == UInt8(ascii: " ")
            let reached = isDropped ? start : automaton.step(states[depth], byte)
            guard reached != ByteAutomaton.dead else {
                node = Int(nodes.ends[node])
                continue
            }
            states[depth + 1] = reached
            for place in Int(nodes.firsts[node])..<Int(nodes.firsts[node + 1]) {
                mask.insert(nodes.tokens[place])
            }
            node += 1
        }
    }
}
