extension OutputFormat {
    /// The format of a model, told by the marks in its chat template and its vocabulary.
    ///
    /// `knows` tells whether the vocabulary has a token that is spelled so.
    public static func of(template: String, name: String? = nil, knows: (String) -> Bool) -> OutputFormat {
        var format =
            name.flatMap(named) ?? all.first { format in
                format.signs.contains { signs in signs.allSatisfy(template.contains) }
            } ?? .generic
        let thinks = ["<think>", "</think>"].contains { template.contains($0) || knows($0) }
        if format.thinking == nil, format.channels == nil, thinks { format.thinking = .usual }
        return format
    }
}

/// How a model's output format is found.
public enum OutputChoice: Hashable, Sendable {
    /// By its chat template and its vocabulary.
    case detected
    /// Somebody knows better; a name of `OutputFormat.all`.
    case named(String)
    /// Nothing is read: chats are shown as they are generated.
    case plain

    /// The format; nil where nothing is read.
    public func format(template: String, knows: (String) -> Bool) -> OutputFormat? {
        switch self {
        case .detected: .of(template: template, knows: knows)
        case .named(let name): .of(template: template, name: name, knows: knows)
        case .plain: nil
        }
    }
}
