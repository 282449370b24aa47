public import Contract
internal import JSON

/// A constraint on what may be generated, compiled.
///
/// Never changes, and may be used by any number of threads at once; `automaton()` makes what runs it.
public struct CompiledConstraint: Sendable {
    private let program: Program

    /// What a job asks for.
    public init(_ constraint: OutputConstraint) throws(ConstraintError) {
        let source = constraint.source
        guard source.utf8.count <= ConstraintLimits.sourceBytes else {
            throw .tooLarge("it has \(source.utf8.count) bytes, the limit is \(ConstraintLimits.sourceBytes)")
        }
        switch constraint.kind {
        case .schema: try self.init(schema: try Self.json(source))
        case .regex: try self.init(regex: source)
        case .choice:
            let texts = try Self.json(source).arrayValue ?? []
            try self.init(choice: texts.compactMap(\.stringValue))
        case .grammar: try self.init(grammar: source)
        }
    }

    private static func json(_ text: String) throws(ConstraintError) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue(parsing: text)
        } catch {
            throw ConstraintError("the constraint is not JSON: \(error)")
        }
    }

    /// Texts that satisfy a JSON Schema.
    private init(schema: JSONValue) throws(ConstraintError) {
        var budget = StepBudget()
        let grammar = try SchemaCompiler.grammar(of: schema, &budget)
        program = try ProgramWriter.program(of: grammar, &budget)
    }

    /// Texts that a regex matches as a whole.
    private init(regex: String) throws(ConstraintError) {
        var budget = StepBudget()
        let automaton = try LooseAutomaton.automaton(of: try PatternParser.parse(regex), &budget)
        try self.init(automaton, &budget)
    }

    /// Texts of a grammar in the notation of `GrammarSource`.
    private init(grammar: String) throws(ConstraintError) {
        var budget = StepBudget()
        let grammar = try GrammarCompiler.grammar(of: grammar, &budget)
        program = try ProgramWriter.program(of: grammar, &budget)
    }

    /// One of some texts.
    private init(choice: [String]) throws(ConstraintError) {
        guard !choice.isEmpty else { throw ConstraintError("there is nothing to choose from") }
        var budget = StepBudget()
        try self.init(try CharacterAutomaton.texts(choice, &budget), &budget)
    }

    private init(_ automaton: CharacterAutomaton, _ budget: inout StepBudget) throws(ConstraintError) {
        var grammar = try Grammar(&budget)
        grammar.rules = [grammar.raw(automaton)]
        program = try ProgramWriter.program(of: grammar, &budget)
    }

    /// A machine of one's own to run it.
    public func automaton() -> ByteAutomaton { ByteAutomaton(program) }

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
