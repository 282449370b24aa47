/// Which parts of a grammar can be satisfied at all, and with how many frames on the stack.
///
/// The height of a part is the least number of frames that finishing it takes; nil where nothing does.
struct GrammarHeights {
    private let grammar: Grammar
    private(set) var rules: [Int?]

    init(_ grammar: Grammar, _ budget: inout StepBudget) throws(ConstraintError) {
        self.grammar = grammar
        rules = Array(repeating: nil, count: grammar.rules.count)
        // Each round settles one rule more at least.
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            try budget.spend(grammar.parts.count)
            for rule in rules.indices {
                guard let part = grammar.rules[rule], let height = self[part] else { continue }
                if rules[rule].map({ height < $0 }) ?? true {
                    rules[rule] = height
                    hasChanged = true
                }
            }
        }
    }

    /// Parts are nested as deep as one rule is, which its maker bounds.
    subscript(_ part: Int) -> Int? {
        switch grammar.parts[part] {
        case .nothing: return nil
        case .bytes: return 0
        case .text(let text):
            let isPossible =
                !grammar.automata[text.automaton].isEmpty && (text.most < 0 || text.least <= text.most)
            return isPossible ? 0 : nil
        case .sequence(let parts): return highest(parts)
        case .choice(let parts): return parts.compactMap { self[$0] }.min()
        case .rule(let rule): return rules[rule].map { $0 + 1 }
        case .repeated(let part, let least, let most):
            if let most, most < least { return nil }
            if least == 0 { return 1 }
            return self[part].map { $0 + 1 }
        case .array(let plan): return height(of: plan)
        case .object(let plan): return height(of: plan)
        }
    }

    private func highest(_ parts: [Int]) -> Int? {
        var highest = 0
        for part in parts {
            guard let height = self[part] else { return nil }
            highest = max(highest, height)
        }
        return highest
    }

    private func height(of plan: ArrayPlan) -> Int? {
        if let most = plan.most, most < plan.least { return nil }
        if let contained = plan.contained {
            guard let height = self[contained] else { return nil }
            guard plan.least > 1 else { return height + 1 }
            return plan.rest.flatMap { self[$0] }.map { max($0, height) + 1 }
        }
        guard plan.least > 0 else { return 1 }
        guard let prefix = highest(Array(plan.prefix.prefix(plan.least))) else { return nil }
        guard plan.least > plan.prefix.count else { return prefix + 1 }
        guard let rest = plan.rest.flatMap({ self[$0] }) else { return nil }
        return max(prefix, rest) + 1
    }

    private func height(of plan: ObjectPlan) -> Int? {
        let required = plan.slots.filter(\.isRequired)
        if let most = plan.most, most < max(plan.least, required.count) { return nil }
        guard let height = highest(required.map(\.value)) else { return nil }
        // Their own frames, see `Program.Members`.
        let words = max(1, (plan.slots.count + 63) / 64)
        guard plan.least > required.count else { return height + words }
        // What else there may be: any of it could be needed.
        let optional = plan.slots.filter { !$0.isRequired }.compactMap { self[$0.value] }
        let others = plan.others.compactMap { self[$0.key] == nil ? nil : self[$0.value] }
        guard !others.isEmpty || required.count + optional.count >= plan.least else { return nil }
        return max(height, optional.max() ?? 0, others.max() ?? 0) + words
    }
}
