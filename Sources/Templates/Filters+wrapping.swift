/// Filters that lay out a text in lines of some width.
extension Renderer {
    func wrapped(_ filter: Filter, _ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        switch filter {
        case .center:
            let width = try integer(
                try arguments.bound(to: ["width"], of: "center")[0],
                "center",
                default: 80
            )
            let text = try value.text()
            let missing = max(0, width.addingSaturated(-text.unicodeScalars.count))
            try checkLength(missing)
            return try checked(text.centered(missing: missing, width: width), like: value)
        case .indent: return try indented(value, arguments)
        case .truncate: return try truncated(value, arguments)
        case .wordwrap: return try wordWrapped(value, arguments)
        default: throw TemplateError("No filter named '\(filter.rawValue)'.")
        }
    }

    private func indented(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try arguments.bound(to: ["width", "first", "blank"], of: "indent")
        var indentation = ""
        if let text = values[0]?.asText {
            indentation = text
        } else {
            let width = max(0, try integer(values[0], "indent", default: 4))
            try checkLength(width)
            indentation = String(repeating: " ", count: width)
        }
        let lines = (try text(value, "indent") + "\n").lines()
        let fillsBlank = values[2]?.isTrue ?? false
        var parts: [String] = []
        var size = 0
        for (index, line) in lines.enumerated() {
            let isIndented = index == 0 ? values[1]?.isTrue ?? false : fillsBlank || !line.isEmpty
            parts.append(isIndented ? indentation + line : line)
            size += line.utf8.count + indentation.utf8.count
            try checkLength(size)
        }
        return value.sibling(try joined(parts, "\n").text())
    }

    private func truncated(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try arguments.bound(to: ["length", "killwords", "end", "leeway"], of: "truncate")
        let length = try integer(values[0], "truncate", default: 255)
        let end = try text(values[2] ?? .string("..."), "truncate")
        var leeway = 5
        if let given = values[3], !given.isNone { leeway = try integer(given, "truncate", default: 5) }
        let endCount = end.unicodeScalars.count
        guard length >= endCount else {
            throw TemplateError("expected length >= \(endCount), got \(length)")
        }
        guard leeway >= 0 else { throw TemplateError("expected leeway >= 0, got \(leeway)") }
        let text = try text(value, "truncate")
        if text.unicodeScalars.count <= length.addingSaturated(leeway) { return value }
        let kept = String(text.unicodeScalars.prefix(length - endCount))
        let isCut = values[1]?.isTrue ?? false
        return try checked((isCut ? kept : kept.splitFromRight(at: " ", atMost: 1)[0]) + end, like: value)
    }

    private func wordWrapped(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let names = ["width", "break_long_words", "wrapstring", "break_on_hyphens"]
        let values = try arguments.bound(to: names, of: "wordwrap")
        let width = try integer(values[0], "wordwrap", default: 79)
        guard width > 0 else { throw TemplateError("invalid width \(width) (must be > 0)") }
        var separator = "\n"
        if let given = values[2], !given.isNone { separator = try text(given, "wordwrap") }
        let wrapping = WordWrapping(
            width: width,
            breaksLongWords: values[1]?.isTrue ?? true,
            breaksAtHyphens: values[3]?.isTrue ?? true
        )
        var parts: [String] = []
        for line in try text(value, "wordwrap").lines() {
            parts.append(try joined(wrapping.lines(of: line), separator).text())
        }
        return try joined(parts, separator)
    }
}
