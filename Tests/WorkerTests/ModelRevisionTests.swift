import Glibc
import JSON
import ModelFiles
import TestSupport
import Testing

@testable import Worker

@Suite struct `The revision of a model` {
    /// A copy of the bundled model, as a folder that may be changed.
    private struct Copy {
        let folder: TestFolder

        init() throws {
            let original = PackageFolder.path + "/Sources/millrace/Resources/demo-model"
            folder = try TestFolder()
            for name in try TestFile.names(in: original) where name.contains(".") {
                _ = try folder.write(name, try TestFile.bytes(of: "\(original)/\(name)"))
            }
        }

        var revision: String? {
            get throws { ModelRevision.text(of: try ModelSource(path: folder.path)) }
        }

        func change(_ name: String, _ body: (inout [UInt8]) -> Void) throws {
            let path = "\(folder.path)/\(name)"
            var bytes = try TestFile.bytes(of: path)
            body(&bytes)
            try TestFile.write(bytes, to: path)
        }
    }

    @Test func `is that of its contents, wherever and whenever they were written`() throws {
        let own = try #require(try Copy().revision)
        #expect(own.utf8.count == 32)
        let other = try Copy()
        let times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
        try #require(utimensat(AT_FDCWD, other.folder.path + "/model.safetensors", times, 0) == 0)
        #expect(try other.revision == own)
    }

    @Test(arguments: ["model.safetensors", "tokenizer.json", "config.json"])
    func `is another one for other contents`(name: String) throws {
        let copy = try Copy()
        let own = try copy.revision
        try copy.change(name) { bytes in
            if name == "model.safetensors" {
                bytes[bytes.count - 1] ^= 1
            } else {
                bytes.insert(contentsOf: Array(#""more":1,"#.utf8), at: 1)
            }
        }
        #expect(try copy.revision != own)
    }
}
