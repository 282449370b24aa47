public import Contract

/// The tokens of a vocabulary, sorted by their bytes, so that all that begin alike are looked at together.
public struct TokenTrie: Sendable {
    /// Nodes from the root down, each one before what is below it and that before its next sibling.
    struct Nodes: Sendable {
        var bytes: [UInt8] = []
        /// By node: how many are above it.
        var depths: [Int32] = []
        /// By node: the first node that is not below it.
        var ends: [Int32] = []
        /// By node: its tokens are `tokens[firsts[node]..<firsts[node + 1]]`.
        var firsts: [Int32] = [0]
        var tokens: [TokenID] = []

        /// `ids` are sorted by their bytes.
        init(_ ids: [TokenID], _ texts: TokenBytes) {
            // The nodes of the token before, which the next one may be below.
            var open: [Int] = []
            var last: ArraySlice<UInt8> = []
            for id in ids {
                let text = texts[id]
                let common = zip(last, text).prefix { $0 == $1 }.count
                while open.count > common { ends[open.removeLast()] = Int32(bytes.count) }
                for byte in text.dropFirst(common) {
                    open.append(bytes.count)
                    bytes.append(byte)
                    depths.append(Int32(open.count - 1))
                    ends.append(0)
                    firsts.append(Int32(tokens.count))
                }
                tokens.append(id)
                firsts[firsts.count - 1] = Int32(tokens.count)
                last = text
            }
            while let node = open.popLast() { ends[node] = Int32(bytes.count) }
        }
    }

    /// The bytes of tokens, one behind the other.
    struct TokenBytes: Sendable {
        private(set) var arena: [UInt8] = []
        private(set) var starts: [Int] = [0]

        mutating func append(_ bytes: [UInt8]) {
            arena += bytes
            starts.append(arena.count)
        }

        subscript(_ id: TokenID) -> ArraySlice<UInt8> { arena[starts[Int(id)]..<starts[Int(id) + 1]] }

        var count: Int { starts.count - 1 }
    }

    let texts: TokenBytes
    /// Tokens that cannot end a quoted string, and those that might.
    let plain: Nodes
    let quoting: Nodes
    let longestByteCount: Int
    /// Highest id + 1.
    public let tokenCount: Int
    /// Tokens that are never part of a text, such as the marks between turns.
    private let isMark: [Bool]

    /// Asks `token` what each id adds to a text; nil for an id that no token has.
    ///
    /// Marks are never allowed, and neither is a token with bytes that no character has; signs are, by the
    /// bytes that an `Outline` knows them by.
    public init(
        tokenCount: Int,
        signs: [TokenID: [UInt8]] = [:],
        token: (TokenID) -> (bytes: [UInt8], isMark: Bool)?
    ) {
        var texts = TokenBytes()
        var isMark: [Bool] = []
        var ids: [TokenID] = []
        for id in 0..<TokenID(clamping: tokenCount) {
            let sign = signs[id]
            let token = sign.map { ($0, isMark: false) } ?? token(id)
            texts.append(token?.bytes ?? [])
            isMark.append(token?.isMark ?? true)
            guard let token, !token.isMark, !token.bytes.isEmpty else { continue }
            if sign != nil || !token.bytes.contains(where: { $0 >= 0xFE }) { ids.append(id) }
        }
        // Most pairs differ in their first eight bytes.
        let keys = ids.map { id in
            texts[id].prefix(8).reduce((UInt64(0), UInt64(56))) {
                ($0.0 | UInt64($1) << $0.1, $0.1 &- 8)
            }.0
        }
        let order = ids.indices.sorted { left, right in
            if keys[left] != keys[right] { return keys[left] < keys[right] }
            let (first, second) = (texts[ids[left]], texts[ids[right]])
            if first.elementsEqual(second) { return ids[left] < ids[right] }
            return first.lexicographicallyPrecedes(second)
        }
        let sorted = order.map { ids[$0] }
        self.tokenCount = tokenCount
        self.texts = texts
        self.isMark = isMark
        let quotes = [UInt8(ascii: "\""), UInt8(ascii: "'")]
        plain = Nodes(sorted.filter { !texts[$0].contains(where: quotes.contains) }, texts)
        quoting = Nodes(sorted.filter { texts[$0].contains(where: quotes.contains) }, texts)
        longestByteCount = ids.map { texts[$0].count }.max() ?? 0
    }

    /// What a token adds to a text; nil for one that is no part of any.
    func bytes(of id: TokenID) -> ArraySlice<UInt8>? {
        guard Int(id) < texts.count, !isMark[Int(id)] else { return nil }
        return texts[id]
    }
}
