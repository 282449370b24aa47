public import Contract

/// A constraint on what may be generated, compiled.
///
/// Never changes, and may be used by any number of threads at once; `automaton()` makes what runs it.
public struct CompiledConstraint: Sendable {
    private let program: Program

    /// What a job asks for.
    public init(_ constraint: OutputConstraint) throws(ConstraintError) {
        try self.init(OutlineRules([.like(constraint)]))
    }

    /// A text that is put together of several parts.
    public init(_ outline: OutlineRules) throws(ConstraintError) {
        program = try OutlineCompiler.program(of: outline)
    }

    /// A machine of one's own to run it.
    ///
    /// `isGenerating`: what is generated escapes no character of ASCII that needs it not, though a reader
    /// has to take it.
    public func automaton(isGenerating: Bool = false) -> ByteAutomaton {
        ByteAutomaton(program, isGenerating: isGenerating)
    }

    /// By automaton of the program: which of its states are alike to texts of so many bytes.
    func horizons(byteCount: Int) -> [[Int32]?] {
        program.automata.map { $0.horizon(characterCount: byteCount) }
    }

    /// Whether exactly this text may be generated.
    public func accepts(_ text: some Sequence<UInt8>) -> Bool {
        var automaton = automaton()
        var state = automaton.start
        for byte in text {
            if automaton.isFull {
                // What is remembered is of no use to a single pass.
                state = automaton.keep([state])[0]
            }
            state = automaton.step(state, byte)
            if state == ByteAutomaton.dead { return false }
        }
        return automaton.accepts(state)
    }
}
