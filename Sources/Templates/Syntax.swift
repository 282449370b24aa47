/// An expression as the template wrote it.
final class Expression: Sendable {
    indirect enum Kind: Sendable {
        case literal(Literal)
        case name(NameID)
        case list([Expression])
        case tuple([Expression])
        case dictionary([(key: Expression, value: Expression)])
        case attribute(Expression, String)
        case element(Expression, Expression)
        case slice(Expression, Slice)
        case call(Expression, ArgumentList)
        case filter(Expression, FilterCall)
        case test(Expression, String, ArgumentList)
        case not(Expression)
        case negative(Expression)
        case positive(Expression)
        case binary(BinaryOperator, Expression, Expression)
        case and(Expression, Expression)
        case or(Expression, Expression)
        case comparison(Expression, [(sign: ComparisonOperator, operand: Expression)])
        case join([Expression])
        case conditional(test: Expression, then: Expression, otherwise: Expression?)
    }

    let kind: Kind
    let line: Int
    /// 1 for a leaf; bounded, because every level costs stack when it is read and when it is freed.
    let height: Int

    init(_ kind: Kind, line: Int, over children: [Expression]) {
        self.kind = kind
        self.line = line
        height = 1 + (children.lazy.map(\.height).max() ?? 0)
    }
}

/// A variable's name as a number: its place in the template's table of names.
typealias NameID = Int

enum Literal: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case string(String)
}

enum BinaryOperator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case remainder = "%"
    case power = "**"
}

enum ComparisonOperator: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case contained = "in"
    case notContained = "not in"
}

/// `[start:stop:step]`, each of which may be missing.
struct Slice: Sendable {
    var start: Expression?
    var stop: Expression?
    var step: Expression?

    var parts: [Expression] { [start, stop, step].compactMap(\.self) }
}

/// What stands between the brackets of a call.
struct ArgumentList: Sendable {
    var positional: [Expression] = []
    var named: [(name: String, value: Expression)] = []
    /// The `*list`.
    var spread: Expression?
    /// The `**dictionary`.
    var namedSpread: Expression?

    var expressions: [Expression] {
        positional + named.map(\.value) + [spread, namedSpread].compactMap(\.self)
    }
}

struct FilterCall: Sendable {
    var name: String
    var arguments: ArgumentList
}

/// What a value is assigned to.
indirect enum Target: Sendable {
    case name(NameID)
    case tuple([Target])
    /// A member of a namespace.
    case attribute(NameID, String)
}

/// One thing that a template does.
struct Statement: Sendable {
    indirect enum Kind: Sendable {
        case text(String)
        case output(Expression)
        case print([Expression])
        case loop(LoopStatement)
        case conditional([(test: Expression, body: [Statement])], otherwise: [Statement])
        case set(Target, Expression)
        case capture(Target, filters: [FilterCall], body: [Statement])
        case filter([FilterCall], body: [Statement])
        case macro(Macro)
        case call(Expression, caller: Macro)
        case with([(target: Target, value: Expression)], body: [Statement])
        case autoescape(Expression, body: [Statement])
        case block(BlockStatement)
        /// A tag that needs other templates: an error, but only when it is reached.
        case unavailable(String)
        case breakLoop
        case continueLoop
    }

    var kind: Kind
    var line: Int
}

struct LoopStatement: Sendable {
    var target: Target
    var sequence: Expression
    var condition: Expression?
    var body: [Statement]
    var otherwise: [Statement]
    /// Whether the body may call `loop` with more elements.
    var isRecursive: Bool
    /// The place of `loop`, when the body speaks of it.
    var loopID: NameID?
}

/// A piece of template with a name, run where it stands.
struct BlockStatement: Sendable {
    var name: String
    /// Whether it sees the variables of what is around it.
    var isScoped: Bool
    var body: [Statement]
}

/// A piece of template with a name and parameters.
struct Macro: Sendable {
    var name: String
    var id: NameID
    var parameters: [Parameter]
    var body: [Statement]
    /// The places of `caller`, `varargs` and `kwargs`, when the body speaks of them.
    var callerID: NameID?
    var extraPositionalID: NameID?
    var extraNamedID: NameID?
}

struct Parameter: Sendable {
    var name: String
    var id: NameID
    /// What it is when nothing is given.
    var standard: Expression?
}
