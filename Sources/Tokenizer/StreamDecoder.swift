/// Turns ids into text one at a time, as they are generated.
///
/// A value: what has been released depends on the ids pushed so far and on nothing else, so that a stream can
/// be replayed on another machine. Everything released, put together, is what `Tokenizer.decode` gives for
/// the same ids. A push costs no more than the token is long, plus what had been held back.
public struct StreamDecoder: Sendable {
    private let texts: TokenTexts
    /// The ids that are left out.
    private let skipped: Set<UInt32>
    /// Bytes that do not make a whole character yet, or a run of byte tokens that has not ended.
    private var pending: [UInt8] = []
    private var isFirst = true
    /// Fillers that may still be taken from the start of the text.
    private var startStripsLeft: Int
    /// Fillers that are held back because the text may end behind them.
    private var heldFillers = 0
    /// What tokens go through where they cannot be rendered ahead of time.
    private var chain: DecodeChain?

    init(texts: TokenTexts, skipped: Set<UInt32>) {
        self.texts = texts
        self.skipped = skipped
        startStripsLeft = texts.decoder.strip?.startCount ?? 0
        if !texts.decoder.chain.isEmpty { chain = DecodeChain(texts.decoder.chain) }
    }

    /// Takes the next id; returns whole characters only, and nothing while one is incomplete.
    public mutating func push(_ id: UInt32) -> String {
        var text = ""
        push(id, into: &text)
        return text
    }

    /// What is left of an unfinished character or a run of byte tokens, which something else follows than
    /// text.
    public mutating func endCharacter() -> String {
        var text = ""
        endRun(into: &text)
        if !pending.isEmpty { release(String(decoding: pending, as: UTF8.self), into: &text) }
        pending.removeAll(keepingCapacity: true)
        return text
    }

    /// What is left at the end.
    ///
    /// The decoder is as new afterwards.
    public mutating func flush() -> String {
        var text = ""
        flush(into: &text)
        return text
    }

    mutating func push(_ id: UInt32, into text: inout String) {
        guard skipped.isEmpty || !skipped.contains(id) else { return }
        switch texts.kind(id) {
        case .unknown: return
        case .byte(let byte):
            if !isFirst, pending.isEmpty { release(texts.decoder.separator, into: &text) }
            pending.append(byte)
            if case .bytePieces = texts.decoder.joining { releasePieces(isEnd: false, into: &text) }
            isFirst = false
        case .text:
            if chain != nil { return pushThroughChain(id, into: &text) }
            if !pending.isEmpty { endRun(into: &text) }
            if !isFirst { release(texts.decoder.separator, into: &text) }
            appendToken(id, into: &text)
            isFirst = isFirst && texts.staysAtStart(id)
        }
    }

    mutating func flush(into text: inout String) {
        endRun(into: &text)
        if !pending.isEmpty { release(String(decoding: pending, as: UTF8.self), into: &text) }
        chain?.finish { text += String(decoding: $0, as: UTF8.self) }
        self = StreamDecoder(texts: texts, skipped: skipped)
    }

    private mutating func pushThroughChain(_ id: UInt32, into text: inout String) {
        chain?.push(texts.withBytes(id, isFirst: false) { Array($0) }) {
            text += String(decoding: $0, as: UTF8.self)
        }
    }

    private mutating func appendToken(_ id: UInt32, into text: inout String) {
        guard case .bytes = texts.decoder.joining else {
            let added = texts.withBytes(id, isFirst: isFirst) { String(decoding: $0, as: UTF8.self) }
            return release(added, into: &text)
        }
        if pending.isEmpty {
            let (added, rest) = texts.withBytes(id, isFirst: isFirst) { bytes in
                let complete = bytes.count - bytes.incompleteSuffixCount
                return (String(decoding: bytes.part(0..<complete), as: UTF8.self), Array(bytes[complete...]))
            }
            pending = rest
            return release(added, into: &text)
        }
        texts.withBytes(id, isFirst: isFirst) { pending.append(contentsOf: $0) }
        let complete = pending.count - pending.withUnsafeBufferPointer { $0.incompleteSuffixCount }
        release(String(decoding: pending[0..<complete], as: UTF8.self), into: &text)
        pending.removeFirst(complete)
    }

    /// A run of byte tokens has ended, where the decoder knows such runs.
    private mutating func endRun(into text: inout String) {
        switch texts.decoder.joining {
        case .text, .bytes: return
        case .bytePieces: releasePieces(isEnd: true, into: &text)
        case .byteFallback:
            guard !pending.isEmpty else { return }
            let whole = String(validating: pending, as: UTF8.self)
            release(whole ?? String(repeating: "\u{FFFD}", count: pending.count), into: &text)
            pending.removeAll(keepingCapacity: true)
        }
    }

    /// Hands out what is certain of a run: whole characters, and U+FFFD for each byte that can be part of
    /// none.
    private mutating func releasePieces(isEnd: Bool, into text: inout String) {
        while let lead = pending.first {
            let wanted = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
            let head = pending.prefix(wanted)
            if head.count == wanted, let character = String(validating: head, as: UTF8.self) {
                release(character, into: &text)
                pending.removeFirst(wanted)
                continue
            }
            let mayGrow = head.withContiguousStorageIfAvailable { $0.incompleteSuffixCount == $0.count }
            if !isEnd, mayGrow == true { return }
            release("\u{FFFD}", into: &text)
            pending.removeFirst()
        }
    }

    /// Hands out text, less what is stripped from the ends of the whole.
    private mutating func release(_ added: String, into text: inout String) {
        guard let strip = texts.decoder.strip else { return text += added }
        var rest = added.unicodeScalars[...]
        while startStripsLeft > 0, let first = rest.first {
            startStripsLeft = first == strip.scalar ? startStripsLeft - 1 : 0
            if first == strip.scalar { rest.removeFirst() }
        }
        guard !rest.isEmpty else { return }
        var fillers = heldFillers
        var kept = rest
        while let last = kept.last, last == strip.scalar { kept.removeLast() }
        let trailing = rest.count - kept.count
        if kept.isEmpty {
            fillers += trailing
        } else {
            text.unicodeScalars.append(contentsOf: repeatElement(strip.scalar, count: fillers))
            text.unicodeScalars.append(contentsOf: kept)
            fillers = trailing
        }
        heldFillers = min(fillers, strip.endCount)
        text.unicodeScalars.append(contentsOf: repeatElement(strip.scalar, count: fillers - heldFillers))
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// How many bytes at the end may be the start of a character whose rest is still to come: 0 to 3.
    var incompleteSuffixCount: Int {
        var length = 1
        while length <= Swift.min(3, count) {
            let lead = self[count - length]
            if lead & 0xC0 == 0x80 {
                length += 1
                continue
            }
            let wanted = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1
            guard length < wanted else { return 0 }
            return length < 2 || secondByteIsPossible(lead, self[count - length + 1]) ? length : 0
        }
        return 0
    }

    /// The table of well-formed byte sequences (Unicode, table 3-7).
    private func secondByteIsPossible(_ lead: UInt8, _ second: UInt8) -> Bool {
        switch lead {
        case 0xE0: (0xA0...0xBF).contains(second)
        case 0xED: (0x80...0x9F).contains(second)
        case 0xF0: (0x90...0xBF).contains(second)
        case 0xF4: (0x80...0x8F).contains(second)
        default: (0x80...0xBF).contains(second)
        }
    }
}
