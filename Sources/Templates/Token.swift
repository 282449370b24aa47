/// The smallest part of a template that means something.
struct Token {
    enum Kind: Equatable {
        /// What stands outside of all tags.
        case text(String)
        case variableStart
        case variableEnd
        case blockStart
        case blockEnd
        case name(String)
        case string(String)
        case integer(Int)
        case float(Double)
        case symbol(String)
        case end
    }

    var kind: Kind
    var line: Int

    /// How an error message calls it.
    var description: String {
        switch kind {
        case .text: "text"
        case .variableStart: "{{"
        case .variableEnd: "}}"
        case .blockStart: "{%"
        case .blockEnd: "%}"
        case .name(let name): name
        case .string: "a string"
        case .integer(let value): "\(value)"
        case .float(let value): "\(value)"
        case .symbol(let symbol): symbol
        case .end: "the end of the template"
        }
    }
}
