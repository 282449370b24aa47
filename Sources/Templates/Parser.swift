/// Reads tokens into statements: the tags of the language.
///
/// Expressions are in `Parser+expressions`.
struct Parser {
    let tokens: [Token]
    var place = 0
    /// Names of variables in the order of their first use.
    private(set) var names: [String] = []
    private(set) var blocks: [String: BlockStatement] = [:]
    private var nameIDs: [String: NameID] = [:]
    private var nesting = 0
    private var loopNesting = 0
    var expressionNesting = 0

    init(_ source: String) throws(TemplateError) { tokens = try Lexer.tokens(of: source) }

    mutating func template() throws(TemplateError) -> [Statement] {
        let body = try statements(until: [])
        guard case .end = current.kind else { throw unexpected() }
        return body
    }

    // MARK: - Tokens

    /// The last token is the end, and nobody moves past it.
    var current: Token { tokens[min(place, tokens.count - 1)] }

    func peek(_ offset: Int) -> Token.Kind { tokens[min(place + offset, tokens.count - 1)].kind }

    func isSymbol(_ symbol: String) -> Bool { current.kind == .symbol(symbol) }

    func isName(_ name: String) -> Bool { current.kind == .name(name) }

    mutating func skip(symbol: String) -> Bool {
        guard isSymbol(symbol) else { return false }
        place += 1
        return true
    }

    mutating func skip(name: String) -> Bool {
        guard isName(name) else { return false }
        place += 1
        return true
    }

    mutating func expect(symbol: String) throws(TemplateError) {
        guard skip(symbol: symbol) else { throw unexpected("'\(symbol)'") }
    }

    mutating func expect(name: String) throws(TemplateError) {
        guard skip(name: name) else { throw unexpected("'\(name)'") }
    }

    mutating func takeName() throws(TemplateError) -> String {
        guard case .name(let name) = current.kind else { throw unexpected("a name") }
        place += 1
        return name
    }

    func unexpected(_ wanted: String? = nil) -> TemplateError {
        let expectation = wanted.map { ", expected \($0)" } ?? ""
        return TemplateError("unexpected '\(current.description)'\(expectation)", line: current.line)
    }

    mutating func id(of name: String) -> NameID {
        if let id = nameIDs[name] { return id }
        let id = names.count
        names.append(name)
        nameIDs[name] = id
        return id
    }

    // MARK: - Statements

    /// Statements up to a tag that starts with one of `ends`, which is left standing behind its `{%`.
    private mutating func statements(until ends: Set<String>) throws(TemplateError) -> [Statement] {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= Limits.statementNesting else {
            throw TemplateError(
                "blocks are nested deeper than \(Limits.statementNesting)",
                line: current.line
            )
        }
        var statements: [Statement] = []
        while true {
            let line = current.line
            switch current.kind {
            case .text(let text):
                place += 1
                statements.append(Statement(kind: .text(text), line: line))
            case .variableStart:
                place += 1
                let expression = try tuple()
                guard case .variableEnd = current.kind else { throw unexpected("the end of the output") }
                place += 1
                statements.append(Statement(kind: .output(expression), line: line))
            case .blockStart:
                place += 1
                if case .name(let name) = current.kind, ends.contains(name) { return statements }
                statements.append(try tag(line))
            default:
                guard ends.isEmpty else {
                    throw unexpected(ends.sorted().map { "'\($0)'" }.joined(separator: " or "))
                }
                return statements
            }
        }
    }

    private mutating func endTag() throws(TemplateError) {
        guard case .blockEnd = current.kind else { throw unexpected("the end of the tag") }
        place += 1
    }

    /// A whole block up to and including `{% end… %}`.
    private mutating func body(until end: String) throws(TemplateError) -> [Statement] {
        try endTag()
        let body = try statements(until: [end])
        place += 1
        try endTag()
        return body
    }

    private mutating func tag(_ line: Int) throws(TemplateError) -> Statement {
        let name = try takeName()
        let kind: Statement.Kind
        switch name {
        case "for": kind = try loop()
        case "if": kind = try conditional()
        case "set": kind = try set()
        case "macro": kind = try macro()
        case "call": kind = try callBlock(line)
        case "filter": kind = try filterBlock()
        case "with": kind = try with()
        case "generation": kind = .with([], body: try body(until: "endgeneration"))
        case "break", "continue":
            try endTag()
            guard loopNesting > 0 else { throw TemplateError("'\(name)' outside loop", line: line) }
            kind = name == "break" ? .breakLoop : .continueLoop
        default: kind = try rareTag(name, line)
        }
        return Statement(kind: kind, line: line)
    }

    private mutating func rareTag(_ name: String, _ line: Int) throws(TemplateError) -> Statement.Kind {
        switch name {
        case "print":
            var values: [Expression] = []
            while current.kind != .blockEnd {
                if !values.isEmpty { try expect(symbol: ",") }
                values.append(try expression())
            }
            try endTag()
            return .print(values)
        case "autoescape":
            let value = try expression()
            return .autoescape(value, body: try body(until: "endautoescape"))
        case "block": return try block()
        case "include", "import", "from", "extends":
            while current.kind != .blockEnd, current.kind != .end { place += 1 }
            try endTag()
            return .unavailable("no loader for this environment specified")
        default: throw TemplateError("Encountered unknown tag '\(name)'.", line: line)
        }
    }

    private mutating func loop() throws(TemplateError) -> Statement.Kind {
        let target = try self.target(allowsAttribute: false)
        try expect(name: "in")
        let sequence = try tuple(allowsCondition: false)
        let condition = skip(name: "if") ? try expression() : nil
        let isRecursive = skip(name: "recursive")
        try endTag()
        let start = place
        loopNesting += 1
        let body = try statements(until: ["endfor", "else"])
        loopNesting -= 1
        let speaksOfLoop = mentions("loop", since: start)
        var otherwise: [Statement] = []
        if skip(name: "else") { otherwise = try self.body(until: "endfor") } else { try finish() }
        return .loop(
            LoopStatement(
                target: target,
                sequence: sequence,
                condition: condition,
                body: body,
                otherwise: otherwise,
                isRecursive: isRecursive,
                loopID: speaksOfLoop ? id(of: "loop") : nil
            )
        )
    }

    /// Whether a name stands anywhere between `start` and here.
    private func mentions(_ name: String, since start: Int) -> Bool {
        tokens[start..<place].contains { $0.kind == .name(name) }
    }

    private mutating func block() throws(TemplateError) -> Statement.Kind {
        let line = current.line
        let name = try takeName()
        let isScoped = skip(name: "scoped")
        try endTag()
        let outerLoopNesting = loopNesting
        loopNesting = 0
        let body = try statements(until: ["endblock"])
        loopNesting = outerLoopNesting
        place += 1
        _ = skip(name: name)
        try endTag()
        guard blocks[name] == nil else {
            throw TemplateError("block '\(name)' defined twice", line: line)
        }
        let block = BlockStatement(name: name, isScoped: isScoped, body: body)
        blocks[name] = block
        return .block(block)
    }

    /// Takes the name of an end tag and its closing brace.
    private mutating func finish() throws(TemplateError) {
        place += 1
        try endTag()
    }

    private mutating func conditional() throws(TemplateError) -> Statement.Kind {
        var branches: [(test: Expression, body: [Statement])] = []
        while true {
            let test = try tuple(allowsCondition: false)
            try endTag()
            branches.append((test, try statements(until: ["elif", "else", "endif"])))
            if skip(name: "elif") { continue }
            if skip(name: "else") { return .conditional(branches, otherwise: try body(until: "endif")) }
            try finish()
            return .conditional(branches, otherwise: [])
        }
    }

    private mutating func set() throws(TemplateError) -> Statement.Kind {
        let target = try self.target(allowsAttribute: true)
        if skip(symbol: "=") {
            let value = try tuple()
            try endTag()
            return .set(target, value)
        }
        let filters = try filterCalls()
        return .capture(target, filters: filters, body: try body(until: "endset"))
    }

    /// Names, also several with commas between, and where it is allowed `name.member`.
    private mutating func target(allowsAttribute: Bool) throws(TemplateError) -> Target {
        var targets: [Target] = []
        var isTuple = false
        repeat {
            if !targets.isEmpty {
                isTuple = true
                if isName("in") || isSymbol("=") { break }
            }
            targets.append(try singleTarget(allowsAttribute))
        } while skip(symbol: ",")
        return isTuple ? .tuple(targets) : targets[0]
    }

    private mutating func singleTarget(_ allowsAttribute: Bool) throws(TemplateError) -> Target {
        if skip(symbol: "(") {
            nesting += 1
            defer { nesting -= 1 }
            guard nesting <= Limits.statementNesting else { throw unexpected() }
            let inner = try target(allowsAttribute: allowsAttribute)
            try expect(symbol: ")")
            return inner
        }
        let line = current.line
        let name = try takeName()
        guard !Self.reserved.contains(name) else {
            throw TemplateError("cannot assign to '\(name)'", line: line)
        }
        let id = id(of: name)
        guard allowsAttribute, skip(symbol: ".") else { return .name(id) }
        return .attribute(id, try takeName())
    }

    private static let reserved: Set<String> = ["true", "false", "none", "True", "False", "None"]

    private mutating func filterCalls() throws(TemplateError) -> [FilterCall] {
        var calls: [FilterCall] = []
        while skip(symbol: "|") { calls.append(try filterCall()) }
        return calls
    }

    private mutating func filterBlock() throws(TemplateError) -> Statement.Kind {
        let filters = [try filterCall()] + (try filterCalls())
        return .filter(filters, body: try body(until: "endfilter"))
    }

    private mutating func with() throws(TemplateError) -> Statement.Kind {
        var assignments: [(target: Target, value: Expression)] = []
        while current.kind != .blockEnd {
            if !assignments.isEmpty { try expect(symbol: ",") }
            let target = try singleTarget(false)
            try expect(symbol: "=")
            assignments.append((target, try expression()))
        }
        return .with(assignments, body: try body(until: "endwith"))
    }

    private mutating func macro() throws(TemplateError) -> Statement.Kind {
        let name = try takeName()
        let parameters = try self.parameters()
        return .macro(try finishMacro(name, parameters, end: "endmacro"))
    }

    private mutating func callBlock(_ line: Int) throws(TemplateError) -> Statement.Kind {
        let parameters = isSymbol("(") ? try self.parameters() : []
        let callee = try expression()
        guard case .call = callee.kind else { throw TemplateError("expected call", line: line) }
        return .call(callee, caller: try finishMacro("caller", parameters, end: "endcall"))
    }

    private mutating func finishMacro(
        _ name: String,
        _ parameters: [Parameter],
        end: String
    ) throws(TemplateError) -> Macro {
        let start = place
        let outerLoopNesting = loopNesting
        loopNesting = 0
        let body = try body(until: end)
        loopNesting = outerLoopNesting
        return Macro(
            name: name,
            id: id(of: name),
            parameters: parameters,
            body: body,
            callerID: mentions("caller", since: start) ? id(of: "caller") : nil,
            extraPositionalID: mentions("varargs", since: start) ? id(of: "varargs") : nil,
            extraNamedID: mentions("kwargs", since: start) ? id(of: "kwargs") : nil
        )
    }

    private mutating func parameters() throws(TemplateError) -> [Parameter] {
        try expect(symbol: "(")
        var parameters: [Parameter] = []
        while !isSymbol(")") {
            if !parameters.isEmpty { try expect(symbol: ",") }
            if isSymbol(")") { break }
            let name = try takeName()
            let standard = skip(symbol: "=") ? try expression() : nil
            if standard == nil, parameters.last?.standard != nil {
                throw TemplateError("non-default argument follows default argument", line: current.line)
            }
            parameters.append(Parameter(name: name, id: id(of: name), standard: standard))
        }
        try expect(symbol: ")")
        return parameters
    }
}
