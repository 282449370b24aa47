/// How a family marks and writes its calls of tools: data, put together from a few ways of writing.
public struct CallFormat: Sendable {
    /// Begin a section of calls; empty where nothing does, and a call can only be the whole answer.
    var opens: [Marker]
    /// End it; where there is none, the first thing that is no call does.
    var closes: [Marker] = []
    /// In front of each call inside.
    var itemOpens: [Marker] = []
    /// May stand behind each call, and says nothing.
    var itemCloses: [Marker] = []
    /// What opens the section is the beginning of the first call.
    var opensItem = false
    /// The first that can begin with what stands there is taken.
    var syntaxes: [CallSyntax]

    var isBare: Bool { opens.isEmpty }
}

/// How a single call is written.
public enum CallSyntax: Sendable {
    case object(JSONCallKeys)
    case named(NamedSyntax)
    case tagged(TagSyntax)
    case python

    static let json = CallSyntax.object(JSONCallKeys())
}

/// The members of a call that is one JSON object; what reads them knows many more.
public struct JSONCallKeys: Sendable {
    var name = "name"
    var arguments = ["arguments", "parameters"]
    /// In front of the others, with a number as text, where the family has learned to write one.
    var count: String?
}

/// A call that is a name and then an object.
public struct NamedSyntax: Sendable {
    /// What stands around the name and behind the object.
    struct Head: Sendable {
        var open: [Marker] = []
        /// Behind the name; a part without a marker in it is a regex.
        var close: [Part] = []
        var end: Marker = ""
    }

    enum Part: Sendable {
        case marker([Marker])
        case pattern(String)
    }

    /// Cut a head into parts.
    var separators: [Marker] = []
    var style = ValueStyle.json
    /// The ways to write a head.
    var heads = [Head()]
}

/// A `CallFormat` for one vocabulary, with markers as bytes.
struct CallGrammar: Sendable {
    let opens: [[UInt8]]
    let closes: [[UInt8]]
    let itemOpens: [[UInt8]]
    let itemCloses: [[UInt8]]
    let opensItem: Bool
    let isBare: Bool
    let syntaxes: [CallSyntax]
    let specials: Set<String>
    /// Brackets around several calls say nothing.
    let hasBrackets: Bool

    init(_ format: CallFormat, specials: Set<String>) {
        func bytes(_ markers: [Marker]) -> [[UInt8]] { markers.map { $0.bytes(specials: specials) } }
        opens = bytes(format.opens)
        closes = bytes(format.closes)
        itemOpens = bytes(format.itemOpens)
        itemCloses = bytes(format.itemCloses)
        opensItem = format.opensItem
        isBare = format.isBare
        syntaxes = format.syntaxes
        self.specials = specials
        hasBrackets = format.syntaxes.contains {
            switch $0 {
            case .object, .python: true
            case .named, .tagged: false
            }
        }
    }

    /// Whether an answer that begins with `byte` may be calls without any marker.
    func mayBegin(bareWith byte: UInt8) -> Bool {
        guard isBare else { return false }
        return byte == UInt8(ascii: "[") && hasBrackets || reader(beginningWith: byte) != nil
    }

    /// What reads a call that begins with `byte`; nil if none does.
    func reader(beginningWith byte: UInt8) -> ItemReader? {
        for syntax in syntaxes {
            switch syntax {
            case .object where byte == UInt8(ascii: "{"): return .json(JSONCallReader(isStrict: isBare))
            case .python where byte.isLetter || byte == UInt8(ascii: "_"): return .python(PythonCallReader())
            case .named(let named) where byte.isLetter || byte == UInt8(ascii: "_"):
                return .named(
                    NamedCallReader(
                        separators: named.separators.map { $0.bytes(specials: specials) },
                        style: named.style,
                        quoteMarker: named.style.quoteMarker?.bytes(specials: specials) ?? []
                    )
                )
            case .tagged(let tags):
                let first = tags.nameOpen.bytes(specials: specials).first
                guard first.map({ $0 == byte }) ?? byte.isWord else { continue }
                return .tagged(TaggedCallReader(tags, specials: specials, closers: closes))
            default: continue
            }
        }
        return nil
    }
}

/// What reads a single call, in whichever way it is written.
enum ItemReader: Sendable {
    /// While it reads: so that nobody else holds what it changes.
    case busy
    case json(JSONCallReader)
    case named(NamedCallReader)
    case python(PythonCallReader)
    case tagged(TaggedCallReader)

    mutating func read(_ byte: UInt8, _ calls: inout CallRecorder) -> Reading {
        let current = self
        self = .busy
        switch consume current {
        case .busy: return .invalid
        case .json(var reader):
            defer { self = .json(reader) }
            return reader.read(byte, &calls)
        case .named(var reader):
            defer { self = .named(reader) }
            return reader.read(byte, &calls)
        case .python(var reader):
            defer { self = .python(reader) }
            return reader.read(byte, &calls)
        case .tagged(var reader):
            defer { self = .tagged(reader) }
            return reader.read(byte, &calls)
        }
    }
}
