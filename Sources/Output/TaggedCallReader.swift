internal import JSON

/// How a family writes calls whose parameters stand between tags.
public struct TagSyntax: Sendable {
    /// In front of a call's name; empty where the name comes first.
    var nameOpen: Marker = ""
    /// Behind it; empty where the first parameter ends it.
    var nameEnd: Marker = ""
    var parameterOpen: Marker
    /// Behind a parameter's name.
    var keyEnd: Marker
    /// In front of a value, where that is a tag of its own.
    var valueOpen: Marker = ""
    var valueEnd: Marker
    /// Nil: the end of the section ends the call.
    var callEnd: Marker?
    /// Values have lines of their own: a line break on either side belongs to the tags.
    var hasValueLines = false

    public static let functions = TagSyntax(
        nameOpen: "<function=",
        nameEnd: ">",
        parameterOpen: "<parameter=",
        keyEnd: ">",
        valueEnd: "</parameter>",
        callEnd: "</function>",
        hasValueLines: true
    )
    public static let invocations = TagSyntax(
        nameOpen: #"<invoke name=""#,
        nameEnd: #"">"#,
        parameterOpen: #"<parameter name=""#,
        keyEnd: #"">"#,
        valueEnd: "</parameter>",
        callEnd: "</invoke>"
    )

    /// A name on a line, then keys and values in turn: `<arg_key>k</arg_key><arg_value>v</arg_value>`.
    public static func pairs(_ prefix: String = "") -> TagSyntax {
        TagSyntax(
            parameterOpen: Marker(stringLiteral: "<\(prefix)arg_key>"),
            keyEnd: Marker(stringLiteral: "</\(prefix)arg_key>"),
            valueOpen: Marker(stringLiteral: "<\(prefix)arg_value>"),
            valueEnd: Marker(stringLiteral: "</\(prefix)arg_value>")
        )
    }
}

/// Reads a call whose parameters stand between tags, as `TagSyntax` says.
///
/// A value has no type of its own: it is what the tool's schema says, and a string where that says nothing.
struct TaggedCallReader: Sendable {
    private enum Place: Sendable {
        case nameOpen
        case name([UInt8])
        case parameters
        case key([UInt8])
        case valueOpen(String)
        case value(ParameterValue)
    }

    /// The markers that may come next, in the order of `next`.
    private enum Next {
        case nameOpen
        case nameEnd
        case parameterOpen
        case keyEnd
        case valueOpen
        case valueEnd
        case callEnd
        case closer
    }

    private let syntax: TagSyntax
    private let specials: Set<String>
    private let closers: [[UInt8]]
    private var place = Place.nameOpen
    private var next: [Next] = []
    private var matcher = MarkerMatcher([])
    private var tool = Tool(nil)
    private var parameterCount = 0

    private static let nameBytes = 512

    init(_ syntax: TagSyntax, specials: Set<String>, closers: [[UInt8]]) {
        self.syntax = syntax
        self.specials = specials
        self.closers = closers
        if syntax.nameOpen.text.isEmpty {
            go(.name([]), syntax.nameEnd.text.isEmpty ? [.parameterOpen, .closer] : [.nameEnd])
        } else {
            go(.nameOpen, [.nameOpen])
        }
    }

    mutating func read(_ byte: UInt8, _ calls: inout CallRecorder) -> Reading {
        var released: [UInt8] = []
        let match = matcher.push(byte, into: &released).map { next[$0] }
        for byte in released { guard take(byte, &calls) else { return .invalid } }
        return match.map { pass($0, &calls) } ?? .more
    }

    private mutating func go(_ place: Place, _ next: [Next]) {
        self.place = place
        self.next = []
        var patterns: [[UInt8]] = []
        for kind in next {
            let added =
                kind == .closer ? closers : [marker(kind)].compactMap { $0?.bytes(specials: specials) }
            for pattern in added where !pattern.isEmpty {
                patterns.append(pattern)
                self.next.append(kind)
            }
        }
        matcher = MarkerMatcher(patterns)
    }

    private func marker(_ next: Next) -> Marker? {
        switch next {
        case .nameOpen: syntax.nameOpen
        case .nameEnd: syntax.nameEnd
        case .parameterOpen: syntax.parameterOpen
        case .keyEnd: syntax.keyEnd
        case .valueOpen: syntax.valueOpen
        case .valueEnd: syntax.valueEnd
        case .callEnd: syntax.callEnd
        case .closer: nil
        }
    }

    /// Takes a byte that is part of no marker.
    private mutating func take(_ byte: UInt8, _ calls: inout CallRecorder) -> Bool {
        switch place {
        case .nameOpen, .parameters, .valueOpen: return byte.isSpace
        case .name(var name):
            name.append(byte)
            place = .name(name)
            return name.count <= Self.nameBytes
        case .key(var key):
            key.append(byte)
            place = .key(key)
            return key.count <= Self.nameBytes
        case .value(var value):
            var json: [UInt8] = []
            place = .parameters
            value.read(byte, into: &json)
            place = .value(value)
            calls.append(json)
            return true
        }
    }

    /// Goes on behind a marker.
    private mutating func pass(_ marker: Next, _ calls: inout CallRecorder) -> Reading {
        switch (place, marker) {
        case (.nameOpen, _): go(.name([]), [.nameEnd])
        case (.name(let name), _):
            guard begin(name, &calls) else { return .invalid }
            guard marker == .nameEnd else {
                return pass(marker, &calls)
            }
            expectParameter()
        case (.parameters, .parameterOpen): go(.key([]), [.keyEnd])
        case (.key(let key), _):
            let name = String(decoding: key.trimmed, as: UTF8.self)
            if syntax.valueOpen.text.isEmpty {
                begin(parameter: name, &calls)
            } else {
                go(.valueOpen(name), [.valueOpen])
            }
        case (.valueOpen(let name), _): begin(parameter: name, &calls)
        case (.value(var value), _):
            var json: [UInt8] = []
            value.finish(into: &json)
            calls.append(json)
            expectParameter()
            // The value's own end may be missing.
            if marker != .valueEnd { return pass(marker, &calls) }
        case (.parameters, _):
            calls.append("}".utf8)
            calls.end()
            return marker == .closer ? .closed : .ended
        }
        return .more
    }

    private mutating func expectParameter() {
        go(.parameters, [.parameterOpen] + (syntax.callEnd == nil ? [] : [.callEnd]) + [.closer])
    }

    private mutating func begin(_ name: [UInt8], _ calls: inout CallRecorder) -> Bool {
        guard let tool = calls.begin(String(decoding: name.trimmed, as: UTF8.self)) else { return false }
        self.tool = tool
        calls.append("{".utf8)
        place = .parameters
        return true
    }

    private mutating func begin(parameter name: String, _ calls: inout CallRecorder) {
        var json: [UInt8] = parameterCount > 0 ? [UInt8(ascii: ",")] : []
        parameterCount += 1
        JSONText.append(quoting: name.utf8, to: &json)
        json.append(UInt8(ascii: ":"))
        let value = ParameterValue(tool.kinds(of: name), hasLines: syntax.hasValueLines, into: &json)
        calls.append(json)
        go(.value(value), syntax.callEnd == nil ? [.valueEnd] : [.valueEnd, .parameterOpen, .callEnd])
    }
}

extension [UInt8] {
    /// Without the white space at both ends.
    fileprivate var trimmed: ArraySlice<UInt8> {
        guard let first = firstIndex(where: { !$0.isSpace }), let last = lastIndex(where: { !$0.isSpace })
        else {
            return []
        }
        return self[first...last]
    }
}
