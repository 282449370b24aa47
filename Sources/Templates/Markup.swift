/// Text that is safe in HTML, and how other text becomes so.
enum Markup {
    static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { "&<>'\"".utf8.contains($0) }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "'": result += "&#39;"
            case "\"": result += "&#34;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Without tags and comments, entities resolved, white space as single spaces.
    static func stripped(_ text: String) -> String {
        let withoutComments = removed(from: text, start: "<!--", end: "-->")
        let withoutTags = removed(from: withoutComments, start: "<", end: ">")
        return unescaped(withoutTags.splitAtSpace(atMost: .max).joined(separator: " "))
    }

    private static func removed(from text: String, start: String, end: String) -> String {
        let (opening, closing) = (TextFinder(start), TextFinder(end))
        var result = ""
        var place = text.startIndex
        while let first = opening.first(in: text.utf8[place...]),
            let last = closing.first(in: text.utf8[first.upperBound...])
        {
            result += text[place..<first.lowerBound]
            place = last.upperBound
        }
        return result + text[place...]
    }

    private static let entities: [String: String] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{A0}",
    ]

    private static func unescaped(_ text: String) -> String {
        var result = ""
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "&", let end = rest.prefix(12).firstIndex(of: ";") else {
                result.unicodeScalars.append(scalar)
                continue
            }
            let name = String(rest[..<end])
            let code =
                name.hasPrefix("#x") || name.hasPrefix("#X")
                ? UInt32(name.dropFirst(2), radix: 16) : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
            guard let text = code.flatMap(Unicode.Scalar.init).map(String.init) ?? entities[name] else {
                result += "&"
                continue
            }
            result += text
            rest = rest[rest.index(after: end)...]
        }
        return result
    }
}
