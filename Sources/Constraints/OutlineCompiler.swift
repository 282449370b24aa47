internal import Contract
internal import JSON

/// Turns outlines into a grammar.
struct OutlineCompiler {
    private struct ArgumentKey: Hashable {
        var schema: JSONValue
        var notation: ArgumentNotation
    }

    private var schemas: SchemaCompiler
    /// By what is written how: the rule of it, so that arguments stand in a grammar once.
    private var arguments: [ArgumentKey: Int] = [:]
    /// The part of each regex: the same few stand in every call of every tool.
    private var patterns: [String: Int] = [:]
    /// The rule of each call, which may stand by itself and in a list.
    private var callRules: [Outline: Int] = [:]
    /// The ways to call each tool.
    private var calls: [(tool: String, part: Int)] = []

    static func program(of outline: OutlineRules) throws(ConstraintError) -> Program {
        var compiler = OutlineCompiler(schemas: SchemaCompiler(try Grammar()))
        compiler.schemas.grammar.rules = Array(repeating: nil, count: outline.rules.count)
        for (index, rule) in outline.rules.enumerated() {
            compiler.schemas.grammar.rules[index] = try compiler.part(for: rule)
        }
        try compiler.checkCalls()
        return try ProgramWriter.program(of: compiler.schemas.grammar, &compiler.schemas.budget)
    }

    private init(schemas: SchemaCompiler) { self.schemas = schemas }

    /// Refuses a tool that no way of calling is left of.
    private mutating func checkCalls() throws(ConstraintError) {
        guard !calls.isEmpty else { return }
        let heights = try GrammarHeights(schemas.grammar, &schemas.budget)
        let possible = Set(calls.filter { heights[$0.part] != nil }.map(\.tool))
        guard let call = calls.first(where: { !possible.contains($0.tool) }) else { return }
        throw ConstraintError(
            "calls of the tool \"\(call.tool)\" cannot be written in the model's format with arguments that"
                + " satisfy its schema",
            keyword: call.tool
        )
    }

    private mutating func part(for outline: Outline) throws(ConstraintError) -> Int {
        try schemas.budget.spend(4)
        switch outline {
        case .bytes(let bytes): return schemas.grammar.add(.bytes(bytes))
        case .free(let markers, let beginning): return try free(besides: markers, notBeginning: beginning)
        case .pattern(let pattern):
            if let part = patterns[pattern] { return part }
            let part = schemas.grammar.raw(try automaton(of: pattern))
            patterns[pattern] = part
            return part
        case .like(let constraint): return try part(for: constraint)
        case .arguments(let schema, let notation): return try part(for: schema, notation)
        case .call(let tool, let outline): return try call(of: tool, outline)
        case .sequence(let outlines): return schemas.grammar.add(.sequence(try parts(for: outlines)))
        case .choice(let outlines): return schemas.grammar.add(.choice(try parts(for: outlines)))
        case .repeated(let outline):
            return schemas.grammar.add(.repeated(try part(for: outline), least: 1, most: nil))
        case .rule(let rule): return schemas.grammar.add(.rule(rule))
        }
    }

    private mutating func call(of tool: String, _ outline: Outline) throws(ConstraintError) -> Int {
        if let rule = callRules[outline] { return schemas.grammar.add(.rule(rule)) }
        let rule = schemas.grammar.rules.count
        schemas.grammar.rules.append(nil)
        callRules[outline] = rule
        schemas.grammar.rules[rule] = try part(for: outline)
        let part = schemas.grammar.add(.rule(rule))
        calls.append((tool, part))
        return part
    }

    private mutating func parts(for outlines: [Outline]) throws(ConstraintError) -> [Int] {
        var parts: [Int] = []
        for outline in outlines { parts.append(try part(for: outline)) }
        return parts
    }

    private mutating func automaton(of pattern: String) throws(ConstraintError) -> CharacterAutomaton {
        try LooseAutomaton.automaton(of: try PatternParser.parse(pattern), &schemas.budget)
    }

    private mutating func free(
        besides markers: [[UInt8]],
        notBeginning beginning: String?
    ) throws(ConstraintError) -> Int {
        let texts = markers.map { $0.map { UInt32($0) } }
        var automaton = try CharacterAutomaton.avoiding(
            texts,
            ScalarSet([0xFE...ScalarSet.last]),
            &schemas.budget
        )
        if let beginning {
            let others = try self.automaton(of: "(\(beginning))[\\s\\S]*").complement(&schemas.budget)
            automaton = try automaton.intersection(others, &schemas.budget)
        }
        return schemas.grammar.loose(automaton)
    }

    private mutating func part(
        for schema: JSONValue,
        _ notation: ArgumentNotation
    ) throws(ConstraintError) -> Int {
        let key = ArgumentKey(schema: schema, notation: notation)
        if let rule = arguments[key] { return schemas.grammar.add(.rule(rule)) }
        let rule = schemas.grammar.rules.count
        schemas.grammar.rules.append(nil)
        arguments[key] = rule
        schemas.grammar.rules[rule] = try schemas.arguments(of: schema, notation)
        return schemas.grammar.add(.rule(rule))
    }

    private mutating func part(for constraint: OutputConstraint) throws(ConstraintError) -> Int {
        let source = constraint.source
        guard source.utf8.count <= ConstraintLimits.sourceBytes else {
            throw .tooLarge("it has \(source.utf8.count) bytes, the limit is \(ConstraintLimits.sourceBytes)")
        }
        switch constraint.kind {
        case .schema: return try schemas.value(of: try json(source))
        case .regex: return schemas.grammar.raw(try automaton(of: source))
        case .choice:
            let texts = (try json(source).arrayValue ?? []).compactMap(\.stringValue)
            guard !texts.isEmpty else { throw ConstraintError("there is nothing to choose from") }
            return schemas.grammar.raw(try CharacterAutomaton.texts(texts, &schemas.budget))
        case .grammar:
            let grammar = try GrammarCompiler.grammar(of: source, &schemas.budget)
            return schemas.grammar.add(grammar)
        }
    }

    private func json(_ text: String) throws(ConstraintError) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue(parsing: text)
        } catch {
            throw ConstraintError("the constraint is not JSON: \(error)")
        }
    }
}
