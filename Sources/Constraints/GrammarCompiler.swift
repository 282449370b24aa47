/// Turns a grammar as it is written into one that can be run.
///
/// Whatever refers to no rule becomes one automaton. A rule must not begin with itself: nobody could tell how
/// often.
struct GrammarCompiler {
    private let source: GrammarSource
    private let numbers: [String: Int]
    private var grammar: Grammar
    private var budget: StepBudget
    private var isEmptyable: [Bool]

    static func grammar(of text: String, _ budget: inout StepBudget) throws(ConstraintError) -> Grammar {
        let source = try GrammarSource(text)
        guard source.rules.count <= ConstraintLimits.rules else {
            throw .tooLarge("it has more than \(ConstraintLimits.rules) rules")
        }
        var compiler = GrammarCompiler(source: source, grammar: try Grammar(), budget: budget)
        try compiler.findEmptyable()
        try compiler.checkBeginnings()
        compiler.grammar.root = compiler.numbers["root"] ?? 0
        compiler.grammar.rules = Array(repeating: nil, count: source.rules.count)
        for (index, rule) in source.rules.enumerated() {
            compiler.grammar.rules[index] = try compiler.part(for: rule.node)
        }
        budget = compiler.budget
        return compiler.grammar
    }

    private init(source: GrammarSource, grammar: Grammar, budget: StepBudget) {
        self.source = source
        self.grammar = grammar
        self.budget = budget
        numbers = Dictionary(
            uniqueKeysWithValues: source.rules.enumerated().map { ($0.element.name, $0.offset) }
        )
        isEmptyable = Array(repeating: false, count: source.rules.count)
    }

    private func number(of rule: String) throws(ConstraintError) -> Int {
        guard let number = numbers[rule] else {
            throw ConstraintError("the grammar has no rule \"\(rule)\"", keyword: rule)
        }
        return number
    }

    // MARK: Checks

    /// Which rules may be satisfied by nothing at all.
    private mutating func findEmptyable() throws(ConstraintError) {
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            for (index, rule) in source.rules.enumerated() where !isEmptyable[index] {
                try budget.spend(4)
                guard try canBeEmpty(rule.node) else { continue }
                isEmptyable[index] = true
                hasChanged = true
            }
        }
    }

    private func canBeEmpty(_ node: GrammarSource.Node) throws(ConstraintError) -> Bool {
        switch node {
        case .pattern(let pattern): return pattern.canBeEmpty
        case .rule(let name): return isEmptyable[try number(of: name)]
        case .sequence(let parts):
            for part in parts where try !canBeEmpty(part) { return false }
            return true
        case .choice(let parts):
            for part in parts where try canBeEmpty(part) { return true }
            return false
        case .repeated(let part, let least, _): return least == 0 ? true : try canBeEmpty(part)
        }
    }

    /// Refuses rules that can begin with themselves.
    private mutating func checkBeginnings() throws(ConstraintError) {
        var beginnings: [[Int]] = []
        for rule in source.rules {
            var found: Set<Int> = []
            try collectBeginnings(of: rule.node, into: &found)
            beginnings.append(found.sorted())
        }
        // Rules whose beginnings are all settled are taken out, until none is left or only circles are.
        var openCounts = beginnings.map(\.count)
        var users: [[Int]] = Array(repeating: [], count: beginnings.count)
        for (rule, found) in beginnings.enumerated() {
            for other in found { users[other].append(rule) }
        }
        var settled = openCounts.indices.filter { openCounts[$0] == 0 }
        var settledCount = 0
        while let rule = settled.popLast() {
            settledCount += 1
            for user in users[rule] {
                openCounts[user] -= 1
                if openCounts[user] == 0 { settled.append(user) }
            }
        }
        guard settledCount < beginnings.count else { return }
        let circular = openCounts.indices.first { openCounts[$0] > 0 } ?? 0
        throw ConstraintError(
            "left recursion is not supported: \"\(source.rules[circular].name)\" can begin with itself",
            keyword: "left recursion"
        )
    }

    private func collectBeginnings(
        of node: GrammarSource.Node,
        into found: inout Set<Int>
    ) throws(ConstraintError) {
        switch node {
        case .pattern: return
        case .rule(let name): found.insert(try number(of: name))
        case .sequence(let parts):
            for part in parts {
                try collectBeginnings(of: part, into: &found)
                guard try canBeEmpty(part) else { return }
            }
        case .choice(let parts): for part in parts { try collectBeginnings(of: part, into: &found) }
        case .repeated(let part, _, _): try collectBeginnings(of: part, into: &found)
        }
    }

    // MARK: Parts

    private mutating func part(for node: GrammarSource.Node) throws(ConstraintError) -> Int {
        try budget.spend(4)
        if let pattern = node.pattern {
            return grammar.raw(try LooseAutomaton.automaton(of: pattern, &budget))
        }
        switch node {
        case .pattern: return grammar.add(.nothing)
        case .rule(let name): return grammar.add(.rule(try number(of: name)))
        case .sequence(let nodes): return grammar.add(.sequence(try parts(for: nodes)))
        case .choice(let nodes): return grammar.add(.choice(try parts(for: nodes)))
        case .repeated(let inside, let least, let most):
            let body = try part(for: inside)
            guard try canBeEmpty(inside), least > 1 || most != nil else {
                return grammar.add(.repeated(body, least: least, most: most))
            }
            // What may be empty need not be there at all.
            guard let most else { return grammar.add(.repeated(body, least: 0, most: nil)) }
            guard most <= ConstraintLimits.writtenOut else {
                throw ConstraintError(
                    "something that may be empty is repeated more than \(ConstraintLimits.writtenOut) times",
                    keyword: "repetition"
                )
            }
            return grammar.add(.sequence(Array(repeating: body, count: most)))
        }
    }

    private mutating func parts(for nodes: [GrammarSource.Node]) throws(ConstraintError) -> [Int] {
        var parts: [Int] = []
        for node in nodes { parts.append(try part(for: node)) }
        return parts
    }
}

extension GrammarSource.Node {
    /// The node as one regular language; nil where it refers to a rule, or is better counted than written
    /// out.
    fileprivate var pattern: Pattern? {
        switch self {
        case .pattern(let pattern): return pattern
        case .rule: return nil
        case .sequence(let nodes): return Self.patterns(nodes).map(Pattern.sequence)
        case .choice(let nodes): return Self.patterns(nodes).map(Pattern.choice)
        case .repeated(let node, let least, let most):
            guard max(least, most ?? 0) <= 1000 else { return nil }
            return node.pattern.map { .repeated($0, least: least, most: most) }
        }
    }

    private static func patterns(_ nodes: [GrammarSource.Node]) -> [Pattern]? {
        let patterns = nodes.compactMap(\.pattern)
        return patterns.count == nodes.count ? patterns : nil
    }
}

extension Pattern {
    /// Whether the empty text matches.
    fileprivate var canBeEmpty: Bool {
        switch self {
        case .empty, .start, .end: true
        case .one: false
        case .sequence(let parts): parts.allSatisfy(\.canBeEmpty)
        case .choice(let parts): parts.contains(where: \.canBeEmpty)
        case .repeated(let part, let least, _): least == 0 || part.canBeEmpty
        }
    }
}
