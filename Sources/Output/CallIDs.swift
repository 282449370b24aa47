/// The ids of an output's calls: drawn from the job's own id, so that a continuation elsewhere gives the same
/// ones, and nobody guesses those of another job.
public struct CallIDs: Sendable {
    /// What a family's template accepts.
    public enum Rule: Sendable {
        /// The client's API decides.
        case prefixed
        /// Nine letters or digits.
        case nineCharacters
        /// `functions.NAME:COUNT`, which the model writes itself.
        case counted
    }

    private static let idBytes = 255

    private let rule: Rule
    private let prefix: String
    private let seed: (high: UInt64, low: UInt64)

    /// `prefix` is `call_` or `toolu_`.
    public init(_ rule: Rule, prefix: String, seed: (high: UInt64, low: UInt64)) {
        self.rule = rule
        self.prefix = prefix
        self.seed = seed
    }

    /// `written` is how the model named the tool.
    func id(of index: Int, name: String, written: String) -> String {
        switch rule {
        case .prefixed: prefix + letters(24, of: index)
        case .nineCharacters: letters(9, of: index)
        case .counted: Self.isCounted(written, name) ? written : "functions.\(name):\(index)"
        }
    }

    private static func isCounted(_ written: String, _ name: String) -> Bool {
        let head = "functions.\(name):"
        return written.utf8.count <= idBytes && written.hasPrefix(head)
            && !written.dropFirst(head.count).isEmpty
            && written.dropFirst(head.count).allSatisfy(\.isNumber)
    }

    private func letters(_ count: Int, of index: Int) -> String {
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        var text = ""
        for place in 0..<count {
            let word = mix(mix(seed.high ^ UInt64(truncatingIfNeeded: index)) ^ seed.low &+ UInt64(place))
            text.append(alphabet[Int(word % UInt64(alphabet.count))])
        }
        return text
    }

    /// One step of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): every bit of the result depends on every bit
    /// of `word`.
    private func mix(_ word: UInt64) -> UInt64 {
        var z = word &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
