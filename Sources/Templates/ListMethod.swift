/// The methods of Python's lists, tuples and ranges that change nothing.
enum ListMethod: String {
    case copy
    case count
    case index

    /// These would change the list.
    static let refused: Set<String> = [
        "append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort",
    ]
}

extension Renderer {
    func call(_ method: ListMethod, _ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        if method == .copy { return value }
        let elements = try elements(of: value)
        let values = try arguments.bound(to: ["value", "start", "stop"], of: method.rawValue)
        guard let wanted = values[0] else {
            throw TemplateError("\(method.rawValue)() takes exactly one argument (0 given)")
        }
        try charge(value.weight)
        if method == .count { return .integer(elements.count { $0.isEqual(to: wanted) }) }
        let start = try place(values[1], in: elements, default: 0)
        let stop = try place(values[2], in: elements, default: elements.count)
        for index in start..<max(start, stop) where elements[index].isEqual(to: wanted) {
            return .integer(index)
        }
        throw TemplateError("\(try wanted.representation()) is not in \(value.typeName)")
    }

    private func place(
        _ value: Value?,
        in elements: [Value],
        default standard: Int
    ) throws(TemplateError) -> Int {
        let index = try integer(value, "index", default: standard)
        return min(max(index < 0 ? index.addingSaturated(elements.count) : index, 0), elements.count)
    }

    func callLoopMethod(_ name: String, _ loop: Loop, _ arguments: Arguments) throws(TemplateError) -> Value {
        if name == "cycle" {
            guard !arguments.positional.isEmpty else { throw TemplateError("no items for cycling given") }
            return arguments.positional[loop.index % arguments.positional.count]
        }
        try charge(Value.weight(of: arguments.positional))
        let last = loop.lastChanged
        loop.lastChanged = arguments.positional
        guard let last, last.count == arguments.positional.count else { return .bool(true) }
        return .bool(!zip(last, arguments.positional).allSatisfy { $0.isEqual(to: $1) })
    }
}
