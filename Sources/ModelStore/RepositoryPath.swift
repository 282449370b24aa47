/// Where a file lies in a repository, safe to be a path below any folder.
///
/// Relative, without `.`, `..`, empty parts, backslashes and control characters, and short enough for the
/// disk.
struct RepositoryPath: Hashable, Sendable, CustomStringConvertible {
    let description: String

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = text.unicodeScalars.allSatisfy {
            $0 != "\\" && $0.properties.generalCategory != .control && $0 != "\u{2028}" && $0 != "\u{2029}"
        }
        guard isPlain, text.utf8.count <= ModelStoreLimits.pathBytes,
            parts.count <= ModelStoreLimits.pathDepth,
            parts.allSatisfy({
                (1...ModelStoreLimits.pathPartBytes).contains($0.utf8.count) && $0 != "." && $0 != ".."
            })
        else { return nil }
        description = text
    }

    /// Behind the last slash.
    var fileName: String { description.split(separator: "/").last.map(String.init) ?? description }

    /// Before the last slash; empty at the top of the repository.
    var folder: String {
        description.lastIndex(of: "/").map { String(description[..<$0]) } ?? ""
    }

    /// For an address: everything but unreserved characters and slashes as `%XX` (RFC 3986, section 2.3).
    var percentEncoded: String { percentEncode(description, keepingSlashes: true) }
}

func percentEncode(_ text: String, keepingSlashes: Bool = false) -> String {
    var encoded = ""
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"):
            encoded.unicodeScalars.append(UnicodeScalar(byte))
        case UInt8(ascii: "/") where keepingSlashes: encoded += "/"
        default: encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
    }
    return encoded
}
