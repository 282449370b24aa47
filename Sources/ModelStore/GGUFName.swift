/// What the name of a GGUF file says: which quantisation it holds and which part of a split model it is.
///
/// `Qwen3-0.6B-Q4_K_M.gguf`, `llama.IQ2_XXS.gguf`, `big-UD-Q8_K_XL-00001-of-00003.gguf`. There is no standard
/// for such names, only habit, so a tag is a suggestion and the whole name always works.
public struct GGUFName: Hashable, Sendable {
    /// The path without the part's number and the extension: equal for all parts of one model.
    public let stem: String
    /// The quantisation in capitals, such as `Q4_K_M`; nil where none is found in the name.
    public let tag: String?
    /// Which part of how many, from 1; `1 of 1` for a model in one file.
    public let part: Int
    public let partCount: Int
    /// Whether it holds only what turns images into embeddings, to be used beside a model.
    public let isProjector: Bool

    /// Nil unless the name ends in `.gguf`.
    public init?(_ path: String) {
        guard path.lowercased().hasSuffix(".gguf") else { return nil }
        var stem = path.dropLast(5)
        let split = Self.part(of: stem)
        (part, partCount) = split ?? (1, 1)
        if split != nil { stem = stem.dropLast(Self.partSuffixLength) }
        guard let name = stem.split(separator: "/", omittingEmptySubsequences: false).last, !name.isEmpty
        else { return nil }
        self.stem = String(stem)
        tag = Self.tag(in: name)
        isProjector = name.lowercased().hasPrefix("mmproj")
    }

    /// Whether somebody who types `word` means this quantisation: `UD-Q4_K_XL` answers to `q4_k_xl` too.
    func answers(to word: String) -> Bool {
        guard let tag, !isProjector else { return false }
        let word = word.uppercased()
        return tag == word || tag == "UD-" + word
    }

    /// `-00001-of-00003`.
    private static let partSuffixLength = 15

    private static func part(of stem: Substring) -> (Int, Int)? {
        let suffix = stem.suffix(partSuffixLength)
        let parts = suffix.split(separator: "-", omittingEmptySubsequences: false)
        guard suffix.utf8.count == partSuffixLength, parts.count == 4, parts[0].isEmpty, parts[2] == "of",
            [parts[1], parts[3]].allSatisfy({ $0.utf8.count == 5 && $0.allSatisfy(\.isNumber) }),
            let part = Int(parts[1]), let count = Int(parts[3]), (1...max(1, count)).contains(part)
        else { return nil }
        return (part, count)
    }

    /// The last word that looks like a quantisation; words end at `-` and `.`, and may begin behind a `_`.
    private static func tag(in name: Substring) -> String? {
        let words = name.uppercased().split { $0 == "-" || $0 == "." }
        for (index, word) in words.enumerated().reversed() {
            let starts = [word.startIndex] + word.indices.filter { word[$0] == "_" }.map(word.index(after:))
            guard let start = starts.first(where: { isQuantization(word[$0...]) }) else { continue }
            let isDynamic = start == word.startIndex && index > 0 && words[index - 1] == "UD"
            return (isDynamic ? "UD-" : "") + word[start...]
        }
        return nil
    }

    /// `Q8`, `Q4_0`, `IQ2_XXS`, `TQ1_0`, `F16`, `BF16`, `MXFP4` and what may follow behind a `_`.
    private static func isQuantization(_ word: Substring) -> Bool {
        let first = word.prefix { $0 != "_" }
        if ["F16", "F32", "BF16", "FP16", "FP32", "MXFP4", "NVFP4"].contains(first) { return true }
        guard let kind = ["IQ", "TQ", "Q"].first(where: { first.hasPrefix($0) }) else { return false }
        return first.count == kind.count + 1 && first.last?.isNumber == true
    }
}
