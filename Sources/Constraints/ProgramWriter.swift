/// Writes a grammar down as instructions, without the parts that nothing satisfies.
struct ProgramWriter {
    let grammar: Grammar
    private let heights: GrammarHeights
    var program = Program()
    /// By rule: where it begins; nil until a call asked for it.
    private var entries: [Int?]
    private var waiting: [Int] = []
    /// Calls whose rule has no place yet.
    private var calls: [(instruction: Int, rule: Int)] = []

    static func program(of grammar: Grammar, _ budget: inout StepBudget) throws(ConstraintError) -> Program {
        let heights = try GrammarHeights(grammar, &budget)
        guard let height = heights.rules[grammar.root], height + 1 < ConstraintLimits.stackFrames else {
            throw ConstraintError("no text can satisfy the constraint")
        }
        var writer = ProgramWriter(grammar, heights)
        try writer.writeRules()
        try writer.countNames(&budget)
        return writer.program
    }

    private init(_ grammar: Grammar, _ heights: GrammarHeights) {
        self.grammar = grammar
        self.heights = heights
        entries = Array(repeating: nil, count: grammar.rules.count)
        program.automata = grammar.automata
    }

    private mutating func writeRules() throws(ConstraintError) {
        waiting = [grammar.root]
        while let rule = waiting.popLast() {
            guard entries[rule] == nil, let part = grammar.rules[rule] else { continue }
            entries[rule] = program.instructions.count
            try write(part)
            try emit(.comeBack)
        }
        for call in calls {
            guard case .call(_, let height) = program.instructions[call.instruction],
                let entry = entries[call.rule]
            else { continue }
            // A rule that ends with another one does not have to be come back to: a list that is written as
            // an element and a list takes no stack.
            let isLast = returnsAtOnce(from: call.instruction + 1)
            program.instructions[call.instruction] = isLast ? .jump(entry) : .call(entry, height: height)
        }
    }

    private mutating func countNames(_ budget: inout StepBudget) throws(ConstraintError) {
        for automaton in Set(program.texts.filter(\.isName).map(\.automaton)) {
            try budget.spend(program.automata[automaton].next.count)
            let counts = program.automata[automaton].restCounts
            guard counts.contains(where: { $0 < CharacterAutomaton.countLimit }) else { continue }
            program.nameCounts[automaton] = counts
        }
    }

    private func returnsAtOnce(from place: Int) -> Bool {
        var place = place
        // Jumps lead forward, until calls have become jumps: those are no returns.
        for _ in 0..<ConstraintLimits.depth {
            switch program.instructions[place] {
            case .comeBack: return true
            case .jump(let next) where next > place: place = next
            default: return false
            }
        }
        return false
    }

    // MARK: Instructions

    var here: Int { program.instructions.count }

    @discardableResult
    mutating func emit(_ instruction: Program.Instruction) throws(ConstraintError) -> Int {
        guard program.instructions.count < ConstraintLimits.instructions else {
            throw .tooLarge("it needs more than \(ConstraintLimits.instructions) instructions")
        }
        program.instructions.append(instruction)
        return program.instructions.count - 1
    }

    /// Writes each branch and joins them behind the last.
    mutating func fork(
        _ count: Int,
        _ branch: (inout ProgramWriter, Int) throws(ConstraintError) -> Void
    ) throws(ConstraintError) {
        guard count != 1 else { return try branch(&self, 0) }
        let split = try emit(.split(0..<0))
        var starts: [Int] = []
        var exits: [Int] = []
        for index in 0..<count {
            starts.append(here)
            try branch(&self, index)
            exits.append(try emit(.jump(0)))
        }
        for exit in exits { program.instructions[exit] = .jump(here) }
        setTargets(of: split, starts)
    }

    mutating func setTargets(of split: Int, _ places: [Int]) {
        let first = program.targets.count
        program.targets += places
        program.instructions[split] = .split(first..<program.targets.count)
    }

    // MARK: Parts

    mutating func write(_ part: Int) throws(ConstraintError) {
        switch grammar.parts[part] {
        case .nothing: try emit(.split(0..<0))
        case .bytes(let bytes): for byte in bytes { try emit(.byte(byte)) }
        case .text(let text):
            program.texts.append(text)
            try emit(.text(program.texts.count - 1))
        case .sequence(let parts): for part in parts { try write(part) }
        case .choice(let parts):
            let possible = parts.filter { heights[$0] != nil }
            try fork(possible.count) { writer, index throws(ConstraintError) in
                try writer.write(possible[index])
            }
        case .rule(let rule):
            calls.append((here, rule))
            waiting.append(rule)
            try emit(.call(0, height: heights.rules[rule] ?? 0))
        case .repeated(let part, let least, let most): try writeRepeated(part, least: least, most: most)
        case .array(let plan): try write(plan)
        case .object(let plan): try write(plan)
        }
    }

    private mutating func writeRepeated(_ part: Int, least: Int, most: Int?) throws(ConstraintError) {
        guard heights[part] != nil, most != 0 else { return }
        let counts = least > 1 || most != nil
        if counts { try emit(.count(least: Self.bounded(least), most: most.map(Self.bounded) ?? -1)) }
        // loop: split(out, body); body; jump loop; out. Without a count, `+` reads the body once before it.
        if !counts, least == 1 { try write(part) }
        let loop = try emit(.split(0..<0))
        let body = here
        if counts { try emit(.countOne) }
        try write(part)
        try emit(.jump(loop))
        setTargets(of: loop, [body, here])
        if counts { try emit(.endCount) }
    }

    private mutating func write(_ plan: ArrayPlan) throws(ConstraintError) {
        if let contained = plan.contained { return try write(plan, with: contained) }
        // What lies behind an element that cannot be is out of reach.
        var prefix = plan.prefix
        var rest = plan.rest.flatMap { heights[$0] == nil ? nil : $0 }
        if let broken = prefix.firstIndex(where: { heights[$0] == nil }) {
            prefix = Array(prefix[..<broken])
            rest = nil
        }
        if let most = plan.most, most <= prefix.count {
            prefix = Array(prefix[..<max(0, most)])
            rest = nil
        }
        try emit(.byte(UInt8(ascii: "[")))
        guard !prefix.isEmpty || rest != nil else {
            try emit(.byte(UInt8(ascii: "]")))
            return
        }
        let canBeEmpty = plan.least == 0
        try fork(canBeEmpty ? 2 : 1) { writer, branch throws(ConstraintError) in
            guard branch == 0 else {
                try writer.emit(.byte(UInt8(ascii: "]")))
                return
            }
            try writer.write(writer.grammar.space)
            try writer.writeElements(of: plan, prefix, rest)
        }
    }

    /// The elements from one place to the closing bracket, and that.
    private mutating func writeElements(
        of plan: ArrayPlan,
        _ prefix: [Int],
        _ rest: Int?
    ) throws(ConstraintError) {
        var ends: [Int] = []
        for (place, element) in prefix.enumerated() {
            try write(element)
            let canEnd = place + 1 >= plan.least
            let canGoOn = place + 1 < prefix.count || rest != nil
            if canEnd, canGoOn {
                let split = try emit(.split(0..<0))
                ends.append(try emit(.jump(0)))
                setTargets(of: split, [split + 1, here])
            }
            guard canGoOn else { break }
            try emit(.byte(UInt8(ascii: ",")))
            try write(grammar.space)
        }
        if let rest {
            let least = max(0, plan.least - prefix.count)
            let most = plan.most.map { $0 - prefix.count }
            let counts = least > 1 || most != nil
            if counts { try emit(.count(least: Self.bounded(least), most: most.map(Self.bounded) ?? -1)) }
            let loop = here
            if counts { try emit(.countOne) }
            try write(rest)
            let split = try emit(.split(0..<0))
            let again = here
            if counts { try emit(.hasRoom) }
            try emit(.byte(UInt8(ascii: ",")))
            try write(grammar.space)
            try emit(.jump(loop))
            setTargets(of: split, [again, here])
            if counts { try emit(.endCount) }
        }
        for end in ends { program.instructions[end] = .jump(here) }
        try write(grammar.space)
        try emit(.byte(UInt8(ascii: "]")))
    }

    /// An array of which one element is a special one: others may come in front of it and behind it.
    private mutating func write(_ plan: ArrayPlan, with contained: Int) throws(ConstraintError) {
        let rest = plan.rest.flatMap { heights[$0] == nil ? nil : $0 }
        let counts = plan.least > 1 || plan.most != nil
        try emit(.byte(UInt8(ascii: "[")))
        try write(grammar.space)
        if counts {
            try emit(.count(least: Self.bounded(plan.least), most: plan.most.map(Self.bounded) ?? -1))
        }
        let loop = here
        if counts { try emit(.countOne) }
        let choice = try emit(.split(0..<0))
        if let rest {
            try write(rest)
            if counts { try emit(.hasRoom) }
            try writeComma()
            try emit(.jump(loop))
        }
        setTargets(of: choice, (rest == nil ? [] : [choice + 1]) + [here])
        try write(contained)
        let tail = try emit(.split(0..<0))
        if let rest {
            if counts { try emit(.hasRoom) }
            try writeComma()
            if counts { try emit(.countOne) }
            try write(rest)
            try emit(.jump(tail))
        }
        setTargets(of: tail, (rest == nil ? [] : [tail + 1]) + [here])
        if counts { try emit(.endCount) }
        try write(grammar.space)
        try emit(.byte(UInt8(ascii: "]")))
    }

    private mutating func writeComma() throws(ConstraintError) {
        try emit(.byte(UInt8(ascii: ",")))
        try write(grammar.space)
    }

    private mutating func write(_ plan: ObjectPlan) throws(ConstraintError) {
        let slots = plan.slots.filter { heights[$0.value] != nil && heights[$0.key] != nil }
        let others = plan.others.filter { heights[$0.value] != nil && heights[$0.key] != nil }
        try ObjectWriter(
            marks: plan.marks,
            slots: slots,
            others: others,
            least: plan.least,
            most: plan.most
        ).write(into: &self)
    }

    static func bounded(_ count: Int) -> Int { min(count, Int(Int32.max) - 1) }
}
