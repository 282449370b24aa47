/// Makes prompts of words that nobody has said before, some of them the same at the beginning.
///
/// Equal seeds make equal prompts.
public struct PromptMaker: Sendable {
    private static let consonants = Array("bdfghklmnprstvw")
    private static let vowels = Array("aeiou")

    private let seed: UInt64

    public init(seed: UInt64) { self.seed = seed }

    /// The prompt with this number: `sharedWordCount` words that all prompts of this seed begin with, then
    /// its own.
    public func prompt(number: Int, wordCount: Int, sharedWordCount: Int) -> String {
        let shared = words(stream: 0, count: min(wordCount, sharedWordCount))
        let own = words(stream: UInt64(number) + 1, count: max(0, wordCount - sharedWordCount))
        return (shared + own).joined(separator: " ")
    }

    private func words(stream: UInt64, count: Int) -> [String] {
        var state = mix(seed) ^ mix(stream &+ 0x5851_F42D_4C95_7F2D)
        return (0..<count).map { _ in
            state &+= 0x9E37_79B9_7F4A_7C15
            var bits = mix(state)
            var word = ""
            for _ in 0..<2 + Int(bits & 1) {
                bits >>= 8
                word.append(Self.consonants[Int(bits & 0xFF) % Self.consonants.count])
                bits >>= 8
                word.append(Self.vowels[Int(bits & 0xFF) % Self.vowels.count])
            }
            return word
        }
    }

    /// The last step of the generator splitmix64.
    private func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
