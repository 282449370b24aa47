internal import Constraints
internal import JSON

/// A tool that may be called, and how exactly.
struct OfferedTool: Sendable {
    var name: String
    /// What its arguments have to satisfy.
    var schema: JSONValue
    /// By parameter: what a text between tags is read as.
    var kinds: [String: ValueKinds]

    init(_ name: String, parameters: JSONValue?, isStrict: Bool) {
        self.name = name
        let tool = Tool(parameters)
        let none: JSONValue = ["type": "object", "additionalProperties": false]
        schema = isStrict ? parameters ?? none : ["type": "object"]
        kinds = [:]
        for parameter in tool.parameters { kinds[parameter] = ValueKinds(tool.kinds(of: parameter)) }
    }
}

/// How the calls of some tools may be written in one format, as outlines.
///
/// The readers of calls take more than that; all that is outlined here they read as it is meant.
struct CallOutline {
    let specials: Set<String>
    let tools: [OfferedTool]
    let allowsSeveral: Bool

    /// White space around calls, bounded, so that no model can go on with it for ever.
    static let gap = Outline.pattern("[ \\t\\r\\n]{0,4}")
    private static let space = Outline.pattern(" ?|\\n {0,24}")
    private static let line = Outline.pattern("\\n?")

    /// One of some markers; where some are special tokens it is one of those.
    func one(of markers: [Marker]) -> Outline {
        let known = markers.filter { $0.parts.contains(where: specials.contains) }
        return .choice((known.isEmpty ? markers : known).map { bytes($0) })
    }

    func bytes(_ marker: Marker) -> Outline { .bytes(marker.bytes(specials: specials)) }

    /// Everything from the opening marker to the closing one.
    func section(_ format: CallFormat) -> Outline {
        var parts: [Outline] = []
        if !format.isBare, !format.opensItem { parts += [one(of: format.opens), Self.gap] }
        parts.append(body(of: format))
        if !format.closes.isEmpty {
            parts += [Self.gap, one(of: format.closes)]
        } else if format.itemOpens.isEmpty, !format.itemCloses.isEmpty {
            parts.append(.optional(.sequence([Self.gap, one(of: format.itemCloses)])))
        }
        return .sequence(parts)
    }

    private func body(of format: CallFormat) -> Outline {
        func items(_ syntaxes: [CallSyntax]) -> Outline {
            .choice(syntaxes.flatMap { syntax in tools.map { call($0, syntax) } })
        }
        let item = items(format.syntaxes)
        guard format.itemOpens.isEmpty else {
            let end = format.itemCloses.isEmpty ? Outline.empty : .optional(one(of: format.itemCloses))
            let marked = Outline.sequence([
                Self.gap, one(of: format.itemOpens), Self.gap, item, Self.gap, end,
            ])
            return allowsSeveral ? .repeated(marked) : marked
        }
        var forms = [series(of: item, separatedBy: separator(of: format))]
        let listed = format.syntaxes.filter(\.isListed)
        if !listed.isEmpty {
            let list = series(of: items(listed), separatedBy: .sequence([.text(","), Self.space]))
            forms.append(.sequence([.text("["), Self.space, list, Self.space, .text("]")]))
        }
        return .choice(forms)
    }

    /// What stands between calls that are in no list; nil where each has a section of its own.
    private func separator(of format: CallFormat) -> Outline? {
        if format.syntaxes.contains(where: \.isPython) { return .text("\n") }
        return format.closes.isEmpty && !format.opensItem ? .pattern(";[ \\n]?") : nil
    }

    private func series(of item: Outline, separatedBy separator: Outline?) -> Outline {
        guard allowsSeveral, let separator else { return item }
        return .sequence([item, .choice([.empty, .repeated(.sequence([separator, item]))])])
    }

    // MARK: One call

    private func call(_ tool: OfferedTool, _ syntax: CallSyntax) -> Outline {
        let outline: Outline
        switch syntax {
        case .object(let keys): outline = object(tool, keys)
        case .named(let named): outline = tool.name.isPlainName ? self.named(tool, named) : .nothing
        case .tagged(let tags): outline = tool.name.isTagName(tags) ? tagged(tool, tags) : .nothing
        case .python:
            outline =
                tool.name.isPlainName
                ? .sequence([.text(tool.name + "("), .arguments(tool.schema, .keywords), .text(")")])
                : .nothing
        }
        return .call(of: tool.name, outline)
    }

    private func object(_ tool: OfferedTool, _ keys: JSONCallKeys) -> Outline {
        var name: [UInt8] = []
        JSONText.append(quoting: tool.name.utf8, to: &name)
        let comma = Outline.sequence([.text(","), Self.space])
        var parts: [Outline] = [.text("{"), Self.space]
        if let count = keys.count {
            parts += [key(count), .pattern("\"[0-9]{1,3}\""), comma]
        }
        parts += [key(keys.name), .bytes(name), comma, .choice(keys.arguments.map(key))]
        parts += [.arguments(tool.schema, .object(.json)), Self.space, .text("}")]
        return .sequence(parts)
    }

    private func key(_ name: String) -> Outline { .sequence([.text("\"\(name)\":"), Self.space]) }

    private func named(_ tool: OfferedTool, _ named: NamedSyntax) -> Outline {
        .choice(
            named.heads.map { head in
                let open = head.open.isEmpty ? .empty : one(of: head.open)
                let close = head.close.map { part -> Outline in
                    switch part {
                    case .marker(let markers): one(of: markers)
                    case .pattern(let pattern): .pattern(pattern)
                    }
                }
                let arguments = Outline.arguments(tool.schema, .object(notation(of: named.style)))
                return .sequence([open, .text(tool.name)] + close + [arguments, bytes(head.end)])
            }
        )
    }

    private func notation(of style: ValueStyle) -> ValueNotation {
        style.quoteMarker.map { .bare(quote: $0.bytes(specials: specials)) } ?? .json
    }

    private func tagged(_ tool: OfferedTool, _ tags: TagSyntax) -> Outline {
        func bytes(_ marker: Marker) -> [UInt8] { marker.bytes(specials: specials) }
        // Special tokens cannot stand in a text, so that only what is spelled out could end a value too soon.
        // Within JSON a quote is escaped, and what is in front of it must not be there either.
        let enders = [tags.valueEnd] + (tags.callEnd.map { [tags.parameterOpen, $0] } ?? [])
        var notation = TagNotation(
            open: bytes(tags.parameterOpen),
            keyEnd: bytes(tags.keyEnd),
            valueOpen: bytes(tags.valueOpen),
            valueEnd: bytes(tags.valueEnd),
            hasValueLines: tags.hasValueLines
        )
        notation.enders = enders.filter { !$0.parts.contains(where: specials.contains) }.map {
            String($0.text.prefix { $0 != "\"" })
        }
        notation.kinds = tool.kinds
        return .sequence([
            .bytes(bytes(tags.nameOpen)), .text(tool.name), .bytes(bytes(tags.nameEnd)), Self.line,
            .arguments(tool.schema, .tagged(notation)), .bytes(tags.callEnd.map(bytes) ?? []),
        ])
    }

    /// A message of its own for one call: its head and its arguments.
    func messages(_ format: ChannelFormat) -> Outline {
        .choice(
            tools.map { tool in
                guard tool.name.isPlainName else { return .call(of: tool.name, .nothing) }
                let recipient = Outline.text(" to=functions.\(tool.name)")
                let channel = Outline.sequence([bytes(format.channel), .text(format.callChannel)])
                let language = Outline.optional(
                    .sequence([.text(" "), .optional(bytes(format.language)), .text("json")])
                )
                return .call(
                    of: tool.name,
                    .sequence([
                        channel, recipient, language, bytes(format.body),
                        .arguments(tool.schema, .object(.json)),
                    ])
                )
            }
        )
    }
}

extension CallSyntax {
    fileprivate var isPython: Bool { if case .python = self { true } else { false } }

    fileprivate var isListed: Bool {
        switch self {
        case .object, .python: true
        case .named, .tagged: false
        }
    }
}

extension String {
    /// Whether a tool's name stands for itself outside of quotes.
    fileprivate var isPlainName: Bool {
        guard let first = utf8.first, first.isLetter || first == UInt8(ascii: "_") else { return false }
        return utf8.allSatisfy { $0.isWord || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    }

    fileprivate func isTagName(_ tags: TagSyntax) -> Bool {
        isPlainName
            || !tags.nameOpen.text.isEmpty && utf8.allSatisfy { $0 > 0x20 && !"<>\"".utf8.contains($0) }
    }
}

extension ValueKinds {
    init(_ kinds: Set<JSONKind>) {
        self = []
        for kind in kinds {
            switch kind {
            case .string: insert(.string)
            case .integer: insert(.integer)
            case .number: insert(.number)
            case .boolean: insert(.boolean)
            case .object: insert(.object)
            case .array: insert(.array)
            case .null: insert(.null)
            }
        }
    }
}
