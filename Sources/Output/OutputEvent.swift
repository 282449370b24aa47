/// What a model's output turns out to be, piece by piece.
public enum OutputEvent: Hashable, Sendable {
    /// The answer.
    case text(String)
    /// What it thought on the way.
    case thinking(String)
    /// It calls a tool of the request; `index` counts the calls of the output from 0.
    case callBegan(index: Int, id: String, name: String)
    /// The next stretch of the arguments of the call that has begun.
    ///
    /// Everything of one call put together is, at any time, the beginning of one JSON object.
    case arguments(String)
    /// Nothing more comes for that call. Its arguments are whole unless the output was cut or is malformed.
    case callEnded
}

/// Collects events so that neighbours of one kind are one, and no event ends within a character.
struct EventList: Sendable {
    enum Kind: Sendable {
        case text
        case thinking
        case arguments
    }

    private var events: [OutputEvent] = []
    private var kind = Kind.text
    private var bytes: [UInt8] = []

    mutating func append(_ added: some Sequence<UInt8>, _ kind: Kind) {
        if kind != self.kind {
            close(keepsUnfinished: false)
            self.kind = kind
        }
        bytes += added
    }

    mutating func append(_ event: OutputEvent) {
        close(keepsUnfinished: false)
        events.append(event)
    }

    /// What has come since the last time; what may be half a character stays here unless this is the `end`.
    mutating func take(atEnd isEnd: Bool) -> [OutputEvent] {
        close(keepsUnfinished: !isEnd)
        defer { events.removeAll() }
        return events
    }

    /// Hands over what `take` would, one by one: for whoever asks after each token, without memory for it.
    mutating func drain(_ tell: (OutputEvent) -> Void) {
        close(keepsUnfinished: true)
        for event in events { tell(event) }
        events.removeAll(keepingCapacity: true)
    }

    private mutating func close(keepsUnfinished: Bool) {
        let whole = bytes.count - (keepsUnfinished ? bytes.unfinishedCharacterByteCount : 0)
        guard whole > 0 else { return }
        let text = String(decoding: bytes[..<whole], as: UTF8.self)
        switch kind {
        case .text: events.append(.text(text))
        case .thinking: events.append(.thinking(text))
        case .arguments: events.append(.arguments(text))
        }
        bytes.removeFirst(whole)
    }
}

extension [UInt8] {
    /// How many bytes at the end may be the start of a character whose rest is still to come.
    var unfinishedCharacterByteCount: Int {
        for length in 1...3 where length <= count {
            let byte = self[count - length]
            if byte & 0xC0 == 0x80 { continue }
            let wanted = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
            return length < wanted ? length : 0
        }
        return 0
    }
}
