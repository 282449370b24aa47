/// What a template may cost.
///
/// Templates come with models, from anyone; none of them may hang or exhaust a worker.
enum Limits {
    static let sourceBytes = 1 << 20
    static let outputBytes = 16 << 20
    /// Work is counted in units: a statement or a call is a step.
    static let stepCount = 1_000_000
    static let unitsPerStatement = 8
    static let workUnits = stepCount * unitsPerStatement
    /// Text that is read or made costs one unit for so many bytes, an element of a list so many units.
    static let bytesPerUnit = 32
    static let unitsPerElement = 4
    /// Height of an expression, and statements within statements.
    static let expressionHeight = 200
    static let statementNesting = 60
    /// Expressions, statements and macros within each other while rendering: it bounds the stack.
    static let renderingDepth = 400
    /// Lists within lists.
    static let valueDepth = 128
    /// As in Jinja's sandbox.
    static let rangeCount = 100_000
    /// Decimals of one formatted number.
    static let formatDigitCount = 400
    /// Longest text that one operation may make.
    static let textBytes = 16 << 20
}
