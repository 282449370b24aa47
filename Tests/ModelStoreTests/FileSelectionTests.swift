import JSON
import Testing

@testable import ModelStore

@Suite struct `The files of a model` {
    private func files(_ paths: String...) throws -> [RemoteFile] {
        try paths.map { path in
            RemoteFile(
                path: try #require(RepositoryPath(path)),
                byteCount: 1000,
                digest: try #require(FileDigest(gitBlob: String(repeating: "0", count: 40)))
            )
        }
    }

    private func whole(_ files: [RemoteFile], index: JSONValue? = nil) throws -> [String] {
        try FileSelection.whole(of: "a/b", files, index: index).map(\.path.description)
    }

    private func complaint(_ body: () throws -> [String]) -> String {
        do {
            return "no complaint, but \(try body())"
        } catch {
            return "\(error)"
        }
    }

    @Test func `are its weights and what says how to use them`() throws {
        let files = try files(
            "model.safetensors",
            "config.json",
            "tokenizer.json",
            "chat_template.jinja",
            "merges.txt",
            "tokenizer.model",
            "additional_chat_templates/tool_use.jinja",
            "1_Pooling/config.json",
            "2_Dense/model.safetensors",
            "README.md",
            ".gitattributes",
            ".hidden.json",
            "pytorch_model.bin",
            "pytorch_model.bin.index.json",
            "model.fp16.safetensors",
            "consolidated.safetensors",
            "original/params.json",
            "onnx/config.json",
            "tf_model.h5",
            "model.safetensors.index.json",
            "x.gguf",
            "1/config.json"
        )
        #expect(
            try whole(files) == [
                "1_Pooling/config.json", "2_Dense/model.safetensors",
                "additional_chat_templates/tool_use.jinja",
                "chat_template.jinja", "config.json", "merges.txt", "model.safetensors.index.json",
                "tokenizer.json", "tokenizer.model", "model.safetensors",
            ]
        )
    }

    @Test func `are the shards that the index names`() throws {
        let files = try files("config.json", "model.safetensors.index.json", "b.safetensors", "a.safetensors")
        #expect(FileSelection.index(among: files)?.path.description == "model.safetensors.index.json")
        let index: JSONValue = [
            "weight_map": ["x": "b.safetensors", "y": "a.safetensors", "z": "b.safetensors"]
        ]
        #expect(try whole(files, index: index).suffix(2) == ["a.safetensors", "b.safetensors"])
        let wrong: JSONValue = ["weight_map": ["x": "../b.safetensors"]]
        #expect(complaint { try whole(files, index: wrong) }.contains("lacks ../b.safetensors"))
    }

    @Test func `are missing where there are only others`() throws {
        let files = try files("config.json", "pytorch_model.bin", "model.onnx")
        let sentence = "a/b has no model.safetensors and no GGUF, only .bin, .onnx"
        #expect(complaint { try whole(files) } == sentence)
    }

    @Test func `are asked for where there are several`() throws {
        let files = try files("m-Q8_0.gguf", "m-Q4_K_M.gguf", "mmproj-F16.gguf", "a.gguf")
        #expect(
            complaint { try whole(files) }
                == "a/b comes as GGUF; pick one: a.gguf (1000 B), Q4_K_M (1000 B), Q8_0 (1000 B), "
                + "mmproj-F16.gguf (1000 B), for example millrace models pull a/b:Q4_K_M"
        )
    }

    @Test(arguments: [
        ("q8_0", ["m-Q8_0.gguf"]), ("m-Q8_0.gguf", ["m-Q8_0.gguf"]), ("d/n-Q2_K.gguf", ["d/n-Q2_K.gguf"]),
        ("n-Q2_K.gguf", ["d/n-Q2_K.gguf"]),
        ("F16", ["s-F16-00001-of-00002.gguf", "s-F16-00002-of-00002.gguf"]),
        ("s-F16-00002-of-00002.gguf", ["s-F16-00001-of-00002.gguf", "s-F16-00002-of-00002.gguf"]),
    ])
    func `are chosen by a tag or a name`(word: String, paths: [String]) throws {
        let files = try files(
            "m-Q8_0.gguf",
            "d/n-Q2_K.gguf",
            "mmproj-F16.gguf",
            "s-F16-00002-of-00002.gguf",
            "s-F16-00001-of-00002.gguf"
        )
        #expect(try FileSelection.chosen(word, from: "a/b", files).map(\.path.description) == paths)
    }

    @Test func `are not guessed`() throws {
        let files = try files("m-Q8_0.gguf", "n-Q8_0.gguf", "s-F16-00002-of-00002.gguf")
        func choose(_ word: String) throws -> [String] {
            try FileSelection.chosen(word, from: "a/b", files).map(\.path.description)
        }
        #expect(complaint { try choose("Q8_0") }.contains("several files of a/b: m-Q8_0.gguf, n-Q8_0.gguf"))
        #expect(complaint { try choose("Q4_0") }.contains("no GGUF \"Q4_0\"; it has m-Q8_0.gguf (1000 B), "))
        #expect(complaint { try choose("F16") } == "a/b has 1 of the 2 parts of s-F16")
    }
}
