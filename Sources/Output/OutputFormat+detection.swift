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
