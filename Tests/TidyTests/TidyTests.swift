import Foundation
import Testing

@Suite struct `The tree` {
    private static let longestLine = 110
    private static let longestFile = 500
    private static let largestFileBytes = 10 << 20

    /// Files that may promise what the compiler cannot check; the line above each promise says why it holds.
    private static let uncheckedFiles: Set<String> = [
        "Sources/Messaging/Keys/Gatekeeper.swift", "Sources/Messaging/MessagingContext.swift",
        "Sources/ModelFiles/MappedFile.swift",
        "Sources/PrefixStore/BlockMemory.swift",
        "Sources/Tokenizer/EncodingScratch.swift", "Sources/Tokenizer/RegularExpression.swift",
        "Sources/Transformer/ForwardPass.swift", "Sources/Transformer/PanelMaker.swift",
        "Sources/Transformer/StepBoard.swift", "Sources/Transformer/StepSignal.swift",
        "Sources/Transformer/WeightLoader.swift",
    ]

    /// Targets without a test target of their own.
    private static let untestedTargets: [String: String] = [
        "CChecksum": "WireTests run it", "CCrypto": "a system library", "CCurl": "a system library",
        "CDescription": "EdgeTests run it", "CHttpParser": "a system library",
        "CJansson": "a system library", "CKernels": "TransformerTests run it", "CLinux": "a system library",
        "CPCRE2": "a system library", "CSQLite": "a system library", "CUTF8Proc": "a system library",
        "CZeroMQ": "a system library",
        "Coordinator": "Tests/System runs it", "SQLite": "PrefixStoreTests and ResponseStoreTests run it",
        "TestSupport": "the tests run it",
        "millrace": "Tests/System runs it",
    ]

    /// What the demo model is trained on, and what it said: there a sentence stands on a line.
    private static let trainingText = ["scripts/demo-model/corpus/", "scripts/demo-model/golden.json"]

    @Test func `is all there`() {
        #expect(Tree.swiftSources.count > 20)
        #expect(Tree.files.contains { $0.path == "Package.swift" })
    }

    @Test func `has no line that does not fit the window`() throws {
        for file in Tree.written where !file.isMarkdown {
            if Self.trainingText.contains(where: file.path.hasPrefix) { continue }
            let long = try file.lines.enumerated().filter { $0.element.count > Self.longestLine }
            #expect(
                long.isEmpty,
                "\(file): lines \(long.map { $0.offset + 1 }) have over \(Self.longestLine) characters"
            )
        }
    }

    @Test func `has no tabs and no blanks at the end of a line`() throws {
        for file in Tree.written {
            for (index, line) in try file.lines.enumerated() where line.contains("\t") || line.hasSuffix(" ")
            {
                Issue.record("\(file):\(index + 1) has a tab or a blank at its end")
            }
        }
    }

    @Test func `has no long file without a reason`() throws {
        for file in Tree.written where file.isSwift || file.isC {
            let lines = try file.lines
            let hasReason = lines.contains { $0.hasPrefix("// One file because ") }
            #expect(lines.count <= Self.longestFile || hasReason, "\(file) has \(lines.count) lines")
        }
    }

    @Test func `has no huge file`() throws {
        for file in Tree.files { #expect(try file.byteCount <= Self.largestFileBytes, "\(file)") }
    }

    @Test func `has nothing left to do`() throws {
        // Put together, so that this file does not find itself.
        let words = ["TO" + "DO", "FIX" + "ME"]
        for file in Tree.written {
            for (index, line) in try file.lines.enumerated() where words.contains(where: line.contains) {
                Issue.record("\(file):\(index + 1) puts something off")
            }
        }
    }

    @Test func `has no code that traps where it could answer`() {
        for (file, lines) in Tree.code {
            for (index, line) in lines.enumerated() where traps(line) {
                Issue.record("\(file):\(index + 1) traps: \(line)")
            }
        }
    }

    /// Whether a line of code has `fatalError`, `try!`, `as!` or an exclamation mark that unwraps.
    private func traps(_ line: String) -> Bool {
        if line.contains("fatalError") { return true }
        let bytes = Array(line.utf8)
        return bytes.indices.dropFirst().contains { index in
            guard bytes[index] == UInt8(ascii: "!"), bytes[index...].dropFirst().first != UInt8(ascii: "=")
            else { return false }
            let before = UnicodeScalar(bytes[index - 1])
            return before.properties.isAlphabetic || "0123456789_)]>".unicodeScalars.contains(before)
        }
    }

    @Test func `promises what the compiler cannot check only where it says why`() throws {
        let promises = ["@unchecked " + "Sendable", "nonisolated(" + "unsafe)"]
        for (file, code) in Tree.code {
            for (index, line) in code.enumerated() where promises.contains(where: line.contains) {
                let above = index > 0 ? try file.lines[index - 1].drop { $0 == " " } : ""
                #expect(Self.uncheckedFiles.contains(file.path), "\(file):\(index + 1) is not in the list")
                #expect(above.hasPrefix("//"), "\(file):\(index + 1) has no reason above it")
            }
        }
    }

    @Test func `has tests for every target`() {
        let tests = Set(
            Tree.files.compactMap { $0.path.split(separator: "/").dropFirst().first.map(String.init) }
        )
        for target in Tree.targets where Self.untestedTargets[target] == nil {
            #expect(tests.contains(target + "Tests"), "\(target)")
        }
        #expect(Set(Self.untestedTargets.keys).subtracting(Tree.targets) == [])
    }

    @Test func `has documents whose links lead somewhere`() throws {
        let link = /\]\(([^)#\s]+)(?:#[^)]*)?\)/
        for file in Tree.files where file.isMarkdown {
            for match in try file.text.matches(of: link) where !match.1.contains("://") {
                let target = file.url.deletingLastPathComponent().appending(path: String(match.1))
                #expect(FileManager.default.fileExists(atPath: target.path()), "\(file) links to \(match.1)")
            }
        }
    }
}

@Suite struct `Swift code without its strings` {
    @Test(arguments: [
        ("let a = b! // c!", #"let a = b! "#),
        (#"let a = "b!" + c"#, #"let a = "" + c"#),
        (#"print("a \(b["c!"]!) d!")"#, #"print("b[""]!)")"#),
        (##"let a = #"b! "c!" \(d!)"# + e"##, #"let a = "" + e"#),
        ("a /* b! /* c! */ */ d", "a  d"),
        (#"let a = "\"!" "#, #"let a = "" "#),
    ])
    func `keeps what is code`(text: String, code: String) {
        #expect(SwiftCode(text).lines == [code])
    }

    @Test func `keeps the number of every line`() {
        let text = "a\n/* b\nc */ d\nlet e = \"\"\"\n    f!\n    \"\"\"\ng"
        #expect(SwiftCode(text).lines == ["a", "", " d", "let e = \"", "", "\"", "g"])
    }
}
