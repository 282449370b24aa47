/// What a file's bytes must come to.
enum FileDigest: Hashable, Sendable {
    /// Of a large file, in small hexadecimal letters.
    case sha256(String)
    /// Of a small one, as git names its blobs: SHA-1 over `blob SIZE`, a zero byte and the content.
    case gitBlob(String)

    /// In small hexadecimal letters.
    var hex: String {
        switch self {
        case .sha256(let hex), .gitBlob(let hex): hex
        }
    }

    /// Nil unless `hex` has as many hexadecimal digits as a SHA-256.
    init?(sha256 hex: String) {
        guard isHex(hex, count: 64) else { return nil }
        self = .sha256(hex.lowercased())
    }

    /// Nil unless `hex` has as many hexadecimal digits as a SHA-1.
    init?(gitBlob hex: String) {
        guard isHex(hex, count: 40) else { return nil }
        self = .gitBlob(hex.lowercased())
    }
}

/// A file of a repository on a hub.
struct RemoteFile: Hashable, Sendable {
    var path: RepositoryPath
    var byteCount: Int
    var digest: FileDigest
}

func isHex(_ text: String, count: Int) -> Bool {
    text.utf8.count == count && text.allSatisfy { $0.isASCII && $0.isHexDigit }
}
