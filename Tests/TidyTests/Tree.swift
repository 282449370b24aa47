import Foundation

/// One file of the package.
struct TreeFile: Sendable, CustomStringConvertible {
    /// From the root.
    let path: String
    let url: URL

    var description: String { path }
    var isSwift: Bool { path.hasSuffix(".swift") }
    var isC: Bool { path.hasSuffix(".c") || path.hasSuffix(".h") }
    var isScript: Bool { path.hasPrefix("scripts/") || path.hasPrefix(".ci/") || path.hasSuffix(".py") }
    var isMarkdown: Bool { path.hasSuffix(".md") }
    /// What people write here and not what came from elsewhere or is the expectation of a test.
    var isWritten: Bool {
        (isSwift || isC || isScript || isMarkdown) && !path.hasSuffix(".svg")
            && !["/Fixtures/", "/Golden/", "/Resources/"].contains(where: path.contains)
    }

    var text: String { get throws { try String(decoding: Data(contentsOf: url), as: UTF8.self) } }
    var lines: [Substring] {
        get throws { try text.split(separator: "\n", omittingEmptySubsequences: false) }
    }
    var byteCount: Int { get throws { try url.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0 } }
}

/// The package as it lies on the disk, without what building leaves there.
enum Tree {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static let skippedFolders: Set = [".build", ".git", ".venv", "__pycache__", "tmp", "shared"]

    static let files: [TreeFile] = {
        let keys: [URLResourceKey] = [.isDirectoryKey]
        let walk = FileManager.default.enumerator(at: root, includingPropertiesForKeys: keys)
        var files: [TreeFile] = []
        while let url = walk?.nextObject() as? URL {
            if (try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == true {
                if skippedFolders.contains(url.lastPathComponent) { walk?.skipDescendants() }
            } else {
                let path = url.standardizedFileURL.path().dropFirst(root.standardizedFileURL.path().count)
                files.append(TreeFile(path: path.removingPercentEncoding ?? String(path), url: url))
            }
        }
        return files.sorted { $0.path < $1.path }
    }()

    static let written = files.filter(\.isWritten)
    static let sources = written.filter { $0.path.hasPrefix("Sources/") }
    static let swiftSources = sources.filter(\.isSwift)

    /// The Swift sources without their comments and strings.
    static let code: [(file: TreeFile, lines: [String])] = swiftSources.map { file in
        (file, (try? file.text).map { SwiftCode($0).lines } ?? [])
    }

    /// The folders in `Sources`.
    static let targets = Set(
        sources.compactMap { $0.path.split(separator: "/").dropFirst().first.map(String.init) }
    )
}
