import Testing

/// The floors of the package: a target may import from lower floors only.
///
/// Package.swift says who imports whom; this says what nobody may, and so keeps policy free of sockets and
/// clocks.
@Suite struct `The layers` {
    private static let floors: [[String]] = [
        [
            "CChecksum", "CCrypto", "CCurl", "CDescription", "CHttpParser", "CJansson", "CKernels", "CLinux",
            "CPCRE2", "CSQLite", "CUTF8Proc", "CZeroMQ",
        ],
        ["Contract", "JSON"],
        ["Constraints"],
        [
            "Console", "Dialects", "EventLoop", "Fingerprints", "HttpClient", "KVCache", "Lanes",
            "ModelFiles", "Telemetry", "Output", "Ownership", "Placement", "Retries", "SQLite",
            "Templates", "TestSupport", "Tokenizer", "Wire",
        ],
        [
            "Configuration", "Http", "Load", "Messaging", "ModelStore", "PrefixStore", "ResponseStore",
            "Roles", "Transformer",
        ],
        ["Chat", "Engine", "Ports"],
        ["Coordinator", "Edge", "ModelFacts", "Simulation", "Worker"],
        ["millrace"],
    ]

    /// Pure: no files, clocks, threads, randomness, C.
    private static let policy: Set = [
        "Constraints", "Contract", "Dialects", "KVCache", "Lanes", "Output", "Ownership", "Placement",
        "Retries", "Roles", "Simulation", "Templates",
    ]

    private static let impure: Set = [
        "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Synchronization",
    ]

    private static let floorOf: [String: Int] = Dictionary(
        uniqueKeysWithValues: floors.enumerated().flatMap { floor, names in names.map { ($0, floor) } }
    )

    /// An import as it stands in a file of a target.
    private struct Import: Sendable {
        var file: TreeFile
        var target: String
        var module: String
    }

    private static let imports: [Import] = Tree.code.flatMap { (file, lines) -> [Import] in
        let target = file.path.split(separator: "/").dropFirst().first.map(String.init) ?? ""
        return lines.compactMap { line in
            module(importedBy: line).map { Import(file: file, target: target, module: $0) }
        }
    }

    private static func module(importedBy line: String) -> String? {
        guard line.contains("import ") else { return nil }
        let words = line.split(separator: " ")
        guard let place = words.firstIndex(of: "import"), words.indices.contains(place + 1),
            words[..<place].allSatisfy({ $0.hasPrefix("@") || accessLevels.contains($0) })
        else { return nil }
        return String(words[place + 1].prefix { $0 != "." })
    }

    private static let accessLevels: Set<Substring> = [
        "public", "package", "internal", "private", "fileprivate",
    ]

    @Test func `know every target`() {
        #expect(Tree.targets.subtracting(Self.floorOf.keys) == [])
    }

    @Test func `have arrows that only point downwards`() {
        for found in Self.imports {
            guard let from = Self.floorOf[found.target], let to = Self.floorOf[found.module] else { continue }
            #expect(
                to < from,
                "\(found.file) imports \(found.module), which is on floor \(to) and not below \(from)"
            )
        }
    }

    @Test func `keep policy free of the outside world`() {
        for found in Self.imports where Self.policy.contains(found.target) {
            let isC = Self.floors[0].contains(found.module)
            #expect(!Self.impure.contains(found.module) && !isC, "\(found.file) imports \(found.module)")
        }
    }

    @Test func `do without Foundation`() {
        for found in Self.imports {
            #expect(!found.module.hasPrefix("Foundation"), "\(found.file) imports \(found.module)")
        }
    }
}
