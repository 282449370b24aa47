/// Where a thread is within a text: what its automaton has seen, how many characters may still come, and the
/// part of a character that has been read.
struct TextReader: Hashable, Sendable {
    var state: Int32 = CharacterAutomaton.start
    /// Characters that must still come.
    var least: Int32 = 0
    /// Characters that may still come; -1 for any number.
    var most: Int32 = -1
    /// Whether printable characters of ASCII are never written by their numbers, which none of them needs.
    ///
    /// Others may be: many models have learned to write JSON in ASCII alone.
    var isGenerating = false
    /// What has been read of a name that no schema lists.
    var name = NameBook.Part.untold
    /// The character of it that was read last, until somebody asks.
    private var nameScalar: UInt32?
    /// What has been read of the next character.
    private var form = Form.none
    /// Its bits so far; for the second half of a pair the first one.
    private var bits: UInt32 = 0
    /// Bytes or digits of it that are still to come.
    private var missing: UInt8 = 0

    private enum Form: UInt8 {
        case none
        case utf8
        /// Behind a backslash.
        case escape
        /// In the digits of a `\u`.
        case digits
        /// A high surrogate wants its other half: the backslash, the `u`, the digits.
        case pairEscape
        case pairLetter
        case pairDigits
    }

    enum Outcome {
        /// Still within the text.
        case inside
        /// The closing quote was read.
        case closed
        case refused
    }

    init() {}

    init(_ text: Program.Text, isGenerating: Bool) {
        self.isGenerating = isGenerating
        least = Int32(clamping: text.least)
        most = Int32(clamping: text.most)
    }

    /// The character of a name that has been read since somebody asked; nil in the middle of one.
    mutating func takeNameScalar() -> UInt32? {
        defer { nameScalar = nil }
        return nameScalar
    }

    /// Whether the text may end here.
    func canEnd(_ automaton: CharacterAutomaton) -> Bool {
        form == .none && least == 0 && automaton.accepts[Int(state)]
    }

    /// Whether more of the text may come.
    func canGoOn(_ automaton: CharacterAutomaton) -> Bool {
        form != .none || (hasRoom && canContinue(automaton))
    }

    mutating func read(
        _ byte: UInt8,
        _ form: Program.Text.Form,
        _ automaton: CharacterAutomaton
    ) -> Outcome {
        if form == .loose { return take(UInt32(byte), automaton) }
        switch self.form {
        case .none: return begin(byte, quote: form.quote, automaton)
        case .utf8: return readUTF8(byte, automaton)
        case .escape where byte == UInt8(ascii: "'"):
            return form == .singleQuoted ? take(UInt32(byte), automaton) : .refused
        default: return readEscape(byte, automaton)
        }
    }

    // MARK: Characters

    private mutating func begin(
        _ byte: UInt8,
        quote: UInt8?,
        _ automaton: CharacterAutomaton
    ) -> Outcome {
        if let quote {
            if byte == quote { return canEnd(automaton) ? .closed : .refused }
            if byte == UInt8(ascii: "\\") {
                form = .escape
                return hasRoom && canEscape(automaton) ? .inside : .refused
            }
            if byte < 0x20 { return .refused }
        }
        guard hasRoom else { return .refused }
        switch byte {
        case ..<0x80: return take(UInt32(byte), automaton)
        case 0xC2...0xDF: return expect(UInt32(byte & 0x1F), bytes: 1, automaton)
        case 0xE0...0xEF: return expect(UInt32(byte & 0x0F), bytes: 2, automaton)
        case 0xF0...0xF4: return expect(UInt32(byte & 0x07), bytes: 3, automaton)
        default: return .refused
        }
    }

    private var hasRoom: Bool { most != 0 }

    private mutating func take(_ scalar: UInt32, _ automaton: CharacterAutomaton) -> Outcome {
        state = automaton.step(state, scalar)
        guard state != CharacterAutomaton.dead else { return .refused }
        if name != .untold { nameScalar = scalar }
        form = .none
        bits = 0
        missing = 0
        if least > 0 { least -= 1 }
        if most > 0 { most -= 1 }
        return .inside
    }

    private mutating func expect(_ bits: UInt32, bytes: UInt8, _ automaton: CharacterAutomaton) -> Outcome {
        form = .utf8
        self.bits = bits
        missing = bytes
        return canComplete(bitsPerUnit: 6, automaton) ? .inside : .refused
    }

    private mutating func readUTF8(_ byte: UInt8, _ automaton: CharacterAutomaton) -> Outcome {
        // Shorter texts exist for what would be below these.
        let lowest: UInt8 = bits > 0 || missing == 1 ? 0x80 : missing == 2 ? 0xA0 : 0x90
        guard (lowest...0xBF).contains(byte) else { return .refused }
        bits = bits << 6 | UInt32(byte & 0x3F)
        missing -= 1
        if missing == 0 { return take(bits, automaton) }
        return canComplete(bitsPerUnit: 6, automaton) ? .inside : .refused
    }

    /// Whether any character that the automaton takes begins with these bits.
    private func canComplete(bitsPerUnit: UInt32, _ automaton: CharacterAutomaton) -> Bool {
        let shift = UInt32(missing) * bitsPerUnit
        var low = bits << shift
        let high = min(low | ((1 << shift) - 1), ScalarSet.last)
        if form == .utf8, bits == 0 { low = missing == 2 ? 0x800 : 0x10000 }
        guard low <= high else { return false }
        return form == .digits
            ? canNumber(automaton, in: low...high) : automaton.canStep(state, in: low...high)
    }

    private func canContinue(_ automaton: CharacterAutomaton) -> Bool {
        automaton.canStep(state, in: 0...ScalarSet.last)
    }

    // MARK: Escapes

    /// Whether any character that the automaton takes can be written behind a backslash.
    private func canEscape(_ automaton: CharacterAutomaton) -> Bool {
        canNumber(automaton, in: 0...ScalarSet.last)
            || "\"\\/\u{8}\u{C}\n\r\t".unicodeScalars.contains {
                automaton.canStep(state, in: $0.value...$0.value)
            }
    }

    /// Whether any of these characters that the automaton takes can be written by its number.
    private func canNumber(_ automaton: CharacterAutomaton, in range: ClosedRange<UInt32>) -> Bool {
        guard isGenerating else { return automaton.canStep(state, in: range) }
        if range.lowerBound < 0x20,
            automaton.canStep(state, in: range.lowerBound...min(range.upperBound, 0x1F))
        {
            return true
        }
        return range.upperBound > 0x7E
            && automaton.canStep(state, in: max(range.lowerBound, 0x7F)...range.upperBound)
    }

    private mutating func readEscape(_ byte: UInt8, _ automaton: CharacterAutomaton) -> Outcome {
        switch form {
        case .escape:
            if byte == UInt8(ascii: "u") {
                guard canNumber(automaton, in: 0...ScalarSet.last) else { return .refused }
                form = .digits
                bits = 0
                missing = 4
                return .inside
            }
            guard let scalar = Self.escaped(byte) else { return .refused }
            return take(scalar, automaton)
        case .pairEscape:
            form = .pairLetter
            return byte == UInt8(ascii: "\\") ? .inside : .refused
        case .pairLetter:
            form = .pairDigits
            missing = 4
            return byte == UInt8(ascii: "u") ? .inside : .refused
        default:
            guard let digit = Self.hexadecimal(byte) else { return .refused }
            return form == .digits ? readDigit(digit, automaton) : readPairDigit(digit, automaton)
        }
    }

    private mutating func readDigit(_ digit: UInt32, _ automaton: CharacterAutomaton) -> Outcome {
        bits = bits << 4 | digit
        missing -= 1
        if missing > 0 {
            return canComplete(bitsPerUnit: 4, automaton) || canPair(automaton) ? .inside : .refused
        }
        guard (0xD800...0xDFFF).contains(bits) else {
            return isGenerating && (0x20...0x7E).contains(bits) ? .refused : take(bits, automaton)
        }
        guard bits < 0xDC00 else { return .refused }
        form = .pairEscape
        bits -= 0xD800
        return canPair(automaton) ? .inside : .refused
    }

    private mutating func readPairDigit(_ digit: UInt32, _ automaton: CharacterAutomaton) -> Outcome {
        missing -= 1
        // The second half is DC00 to DFFF: its first digits are certain.
        switch missing {
        case 3: return digit == 0xD ? .inside : .refused
        case 2:
            guard digit >= 0xC else { return .refused }
            bits = bits << 2 | (digit & 3)
        default: bits = bits << 4 | digit
        }
        if missing == 0 { return take(0x10000 + bits, automaton) }
        let shift = UInt32(missing) * 4
        let low = 0x10000 + bits << shift
        return automaton.canStep(state, in: low...low + ((1 << shift) - 1)) ? .inside : .refused
    }

    /// Whether the digits so far can be those of a high surrogate whose characters the automaton takes.
    private func canPair(_ automaton: CharacterAutomaton) -> Bool {
        if form == .pairEscape {
            let low = 0x10000 + bits << 10
            return automaton.canStep(state, in: low...low + 0x3FF)
        }
        let shift = UInt32(missing) * 4
        let first = max(bits << shift, 0xD800)
        let last = min(bits << shift | ((1 << shift) - 1), 0xDBFF)
        guard first <= last else { return false }
        return automaton.canStep(
            state,
            in: 0x10000 + (first - 0xD800) << 10...0x10000 + (last - 0xD800) << 10 + 0x3FF
        )
    }

    private static func escaped(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): UInt32(byte)
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}

extension Program.Text.Form {
    /// What ends such a text; nil where nothing of its own does.
    fileprivate var quote: UInt8? {
        switch self {
        case .raw, .loose: nil
        case .quoted: UInt8(ascii: "\"")
        case .singleQuoted: UInt8(ascii: "'")
        }
    }
}
