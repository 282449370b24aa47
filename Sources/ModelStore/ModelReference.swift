/// Which model of a hub is meant, as it is typed: `ORG/NAME`, `ORG/NAME@REVISION`, `ORG/NAME:FILE`.
public struct ModelReference: Hashable, Sendable, CustomStringConvertible {
    /// For sentences that explain what was expected.
    public static let form = "ORG/NAME, ORG/NAME@REVISION or ORG/NAME:FILE"

    public let organization: String
    public let name: String
    /// A branch, a tag or a commit; nil is the main branch.
    public let revision: String?
    /// A file, or the word for a quantisation that stands in a file's name.
    public let choice: String?

    /// Nil unless every part is one that a hub can have and a folder can be called.
    public init?(_ text: String) {
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let words = halves[0].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let names = words[0].split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == 2, names.allSatisfy(isName) else { return nil }
        organization = String(names[0])
        name = String(names[1])
        revision = words.count > 1 ? String(words[1]) : nil
        choice = halves.count > 1 ? String(halves[1]) : nil
        if let revision, !isRevision(revision) { return nil }
        if let choice, RepositoryPath(choice) == nil || choice.utf8.count > 240 { return nil }
    }

    /// `ORG/NAME`.
    public var repository: String { "\(organization)/\(name)" }

    /// As it would be typed to serve what was pulled.
    public var servedName: String { repository + (choice.map { ":\($0)" } ?? "") }

    public var description: String {
        repository + (revision.map { "@\($0)" } ?? "") + (choice.map { ":\($0)" } ?? "")
    }
}

/// Letters, digits, `.`, `_` and `-`, as hubs allow; none that would be a hidden folder or look like a flag.
private func isName(_ text: Substring) -> Bool {
    let allowed = text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
        }
    }
    return allowed && (1...96).contains(text.utf8.count) && !text.hasPrefix(".") && !text.hasPrefix("-")
        && !text.contains("..")
}

/// A part of what git allows (git-check-ref-format(1)); slashes as in `refs/pr/1` are fine.
private func isRevision(_ text: String) -> Bool {
    (1...255).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        && !text.contains("..") && !text.contains { "\\?*[~^".contains($0) } && !text.hasPrefix("/")
        && !text.hasSuffix("/")
}
