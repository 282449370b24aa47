internal import Contract
internal import JSON

/// Bytes in JSON as lower-case hexadecimal digits: the links of a prompt, and the secret that they are made
/// with.
///
/// One text and not an array: a prompt may have hundreds of links, and a tree of them would cost thirty times
/// their bytes.
enum LinksText {
    /// 16 bytes of the link, 4 of its tokens.
    private static let digitsPerLink = 40

    static func json(_ links: [PromptLink]) throws(FrameError) -> JSONValue {
        try requireWritable("links", links.count, atMost: WireLimits.links)
        var text = ""
        text.reserveCapacity(links.count * digitsPerLink)
        for link in links {
            text += link.link.description
            text += digits(link.tokens)
        }
        return .string(text)
    }

    /// None where the member is missing.
    static func read(_ key: String, _ members: Members) throws(FrameError) -> [PromptLink] {
        guard let text = try members.optionalText(key, atMost: WireLimits.links * digitsPerLink) else {
            return []
        }
        let bytes = try bytes(of: text, key)
        guard bytes.count.isMultiple(of: digitsPerLink / 2) else {
            throw .malformed("\(key) must have \(digitsPerLink) digits for each link")
        }
        var links: [PromptLink] = []
        links.reserveCapacity(bytes.count / (digitsPerLink / 2))
        for start in stride(from: 0, to: bytes.count, by: digitsPerLink / 2) {
            func word(_ offset: Int, _ count: Int) -> UInt64 {
                bytes[(start + offset)..<(start + offset + count)].reduce(0) { $0 << 8 | UInt64($1) }
            }
            let link = PrefixLink(high: word(0, 8), low: word(8, 8))
            links.append(PromptLink(link, tokens: UInt32(truncatingIfNeeded: word(16, 4))))
        }
        return links
    }

    /// Nil for a secret that nobody has.
    static func json(secret: [UInt8]) throws(FrameError) -> JSONValue? {
        guard !secret.isEmpty else { return nil }
        try requireWritable("prefix_secret", secret.count, atMost: WireLimits.secretBytes)
        return .string(secret.reduce(into: "") { $0 += hexadecimal(UInt64($1), digitCount: 2) })
    }

    static func readSecret(_ members: Members) throws(FrameError) -> [UInt8] {
        let text = try members.optionalText("prefix_secret", atMost: 2 * WireLimits.secretBytes)
        return try text.map { text throws(FrameError) in try bytes(of: text, "prefix_secret") } ?? []
    }

    private static func digits(_ number: UInt32) -> String { hexadecimal(UInt64(number), digitCount: 8) }

    private static func hexadecimal(_ number: UInt64, digitCount: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digitCount - digits.utf8.count)) + digits
    }

    private static func bytes(of text: String, _ key: String) throws(FrameError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 2)
        var high: UInt8?
        for byte in text.utf8 {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: throw .malformed("\(key) must be lower-case hexadecimal digits")
            }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        guard high == nil else { throw .malformed("\(key) has half a byte at its end") }
        return bytes
    }
}
