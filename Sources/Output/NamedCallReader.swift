/// Reads a call that is a name and then an object: `f[ARGS]{…}`, `call:f{…}`, `functions.f:0<|…|>{…}`.
///
/// All in front of the object is the head; signs cut it into parts, of which one is the name.
struct NamedCallReader: Sendable {
    private enum Place {
        case head([UInt8])
        case object(ValueReader)
    }

    private let separators: [[UInt8]]
    private let style: ValueStyle
    private let quoteMarker: [UInt8]
    private var known: String?
    private var place = Place.head([])

    private static let headBytes = 512

    init(separators: [[UInt8]], style: ValueStyle, quoteMarker: [UInt8]) {
        self.separators = separators
        self.style = style
        self.quoteMarker = quoteMarker
    }

    /// For a call whose name was told elsewhere: only its object follows.
    init(of name: String) {
        self.init(separators: [], style: .json, quoteMarker: [])
        known = name
    }

    mutating func read(_ byte: UInt8, _ calls: inout CallRecorder) -> Reading {
        switch place {
        case .head(var head):
            guard byte == UInt8(ascii: "{") else {
                guard head.count < Self.headBytes, known == nil || byte.isSpace else { return .invalid }
                head.append(byte)
                place = .head(head)
                return .more
            }
            guard calls.begin(known ?? name(in: head)) != nil else { return .invalid }
            place = .object(ValueReader(style, quoteMarker: quoteMarker))
            return read(byte, &calls)
        case .object(var reader):
            var json: [UInt8] = []
            let outcome = reader.read(byte, into: &json)
            place = .object(reader)
            guard outcome != .invalid, !json.isEmpty || outcome == .more else { return .invalid }
            calls.append(json)
            guard outcome == .ended else { return .more }
            calls.end()
            return .ended
        }
    }

    /// The part that names the tool: the second where the first only says that this is a function.
    private func name(in head: [UInt8]) -> String {
        var parts: [[UInt8]] = [[]]
        var rest = head[...]
        while let byte = rest.first {
            if let separator = separators.first(where: { rest.starts(with: $0) }) {
                parts.append([])
                rest.removeFirst(separator.count)
            } else {
                parts[parts.count - 1].append(byte)
                rest.removeFirst()
            }
        }
        let texts = parts.map { part in
            // A fence around the object, with the name of its language.
            let line = part.split(whereSeparator: { $0.isSpace || $0 == UInt8(ascii: "`") }).first ?? []
            return String(decoding: line, as: UTF8.self)
        }
        let name = texts.count > 1 && texts[0] == "function" && !texts[1].isEmpty ? texts[1] : texts[0]
        return name.hasPrefix("call:") ? String(name.dropFirst(5)) : name
    }
}
