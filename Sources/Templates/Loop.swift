/// What `loop` is inside of a loop.
final class Loop {
    let elements: [Value]
    let depth: Int
    /// How many loops of a recursive loop this one is in, from 0.
    let level: Int
    /// Runs a recursive loop over other values; nil for other loops.
    let recurse: ((Renderer, Value) throws(TemplateError) -> Value)?
    var index = 0
    var lastChanged: [Value]?

    init(
        _ elements: [Value],
        level: Int = 0,
        recurse: ((Renderer, Value) throws(TemplateError) -> Value)? = nil
    ) {
        self.elements = elements
        self.level = level
        self.recurse = recurse
        depth = 1 + (elements.lazy.map(\.depth).max() ?? 0)
    }

    func member(_ name: String) -> Value? {
        switch name {
        case "index": .integer(index + 1)
        case "index0": .integer(index)
        case "revindex": .integer(elements.count - index)
        case "revindex0": .integer(elements.count - index - 1)
        case "first": .bool(index == 0)
        case "last": .bool(index == elements.count - 1)
        case "length": .integer(elements.count)
        case "depth": .integer(level + 1)
        case "depth0": .integer(level)
        case "previtem": index > 0 ? elements[index - 1] : .undefined("there is no previous item")
        case "nextitem":
            index + 1 < elements.count ? elements[index + 1] : .undefined("there is no next item")
        default: nil
        }
    }
}
