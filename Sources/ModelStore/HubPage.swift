internal import HttpClient
internal import JSON

/// One page of the list of a repository's files.
struct HubPage {
    var files: [RemoteFile] = []

    /// Nothing in it is believed: a path that could leave its folder refuses the whole repository.
    init(_ document: JSONValue, url: String) throws(StoreError) {
        guard let entries = document.arrayValue else {
            throw .malformed(url: url, problem: "the list of files is not an array")
        }
        for entry in entries where entry["type"]?.stringValue == "file" {
            guard let text = entry["path"]?.stringValue, let path = RepositoryPath(text) else {
                throw .malformed(
                    url: url,
                    problem: "lists \(entry["path"] ?? .null), which is no path within a repository"
                )
            }
            files.append(try Self.file(entry, path, url))
        }
    }

    private static func file(
        _ entry: JSONValue,
        _ path: RepositoryPath,
        _ url: String
    ) throws(StoreError) -> RemoteFile {
        // A large file's own entry counts; around it is the text that stands for it in git.
        let large = entry["lfs"] ?? .null
        let size = (large.isNull ? entry : large)["size"]?.integerValue
        let hex = (large.isNull ? entry : large)["oid"]?.stringValue ?? ""
        let digest = large.isNull ? FileDigest(gitBlob: hex) : FileDigest(sha256: hex)
        guard let size, (0...Int64(ModelStoreLimits.fileBytes)).contains(size) else {
            throw .malformed(url: url, problem: "gives no usable size for \(path)")
        }
        guard let digest else {
            throw .malformed(url: url, problem: "gives no checksum for \(path)")
        }
        return RemoteFile(path: path, byteCount: Int(size), digest: digest)
    }
}

/// The address of the next page in a `Link` field (RFC 8288): `<…>; rel="next"`.
func nextLink(_ field: String) -> String? {
    for link in field.split(separator: ",") {
        let parts = link.split(separator: ";")
        let isNext = parts.dropFirst().contains {
            let parameter = $0.filter { $0 != " " && $0 != "\"" }.lowercased()
            return parameter == "rel=next"
        }
        guard isNext, let target = parts.first?.drop(while: { $0 == " " }), target.hasPrefix("<"),
            let end = target.firstIndex(of: ">")
        else { continue }
        return String(target[target.index(after: target.startIndex)..<end])
    }
    return nil
}
