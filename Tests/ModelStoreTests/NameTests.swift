import Testing

@testable import ModelStore

@Suite struct `A model's reference` {
    @Test func `has up to four parts`() throws {
        let plain = try #require(ModelReference("Qwen/Qwen3-0.6B"))
        #expect(plain.repository == "Qwen/Qwen3-0.6B")
        #expect(plain.revision == nil && plain.choice == nil)
        let whole = try #require(ModelReference("a/b@refs/pr/1:dir/c-Q4_K_M.gguf"))
        #expect(whole.revision == "refs/pr/1")
        #expect(whole.choice == "dir/c-Q4_K_M.gguf")
        #expect(whole.servedName == "a/b:dir/c-Q4_K_M.gguf")
        #expect("\(whole)" == "a/b@refs/pr/1:dir/c-Q4_K_M.gguf")
    }

    @Test(arguments: [
        "", "a", "a/", "/b", "a/b/c", "a/b@", "a/b:", "a/..", "../b", ".pull/b", "-a/b", "a/b c", "a/b@x y",
        "a/b@x..y", "a/b@/x", "a/b:../c", "a/b:/c", "a/b:c\\d", "a/b:\n", "ä/b", "a/b@\u{1}",
    ])
    func `is refused where a part could not be one`(text: String) {
        #expect(ModelReference(text) == nil)
    }
}

@Suite struct `A path in a repository` {
    @Test(arguments: ["config.json", "a/b/c.txt", "with space", "ümlaut/文.gguf", ".gitattributes", "a..b"])
    func `may be called as files are`(text: String) {
        #expect(RepositoryPath(text)?.description == text)
    }

    @Test(arguments: [
        "", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a/.", "a\\b", "a\u{0}b", "a\nb", "a\u{7F}",
        "a\u{85}b", "a\u{2028}b", String(repeating: "x", count: 241),
        Array(repeating: "d", count: 9).joined(separator: "/"),
    ])
    func `never leads anywhere else`(text: String) {
        #expect(RepositoryPath(text) == nil)
    }

    @Test func `is escaped in an address`() {
        #expect(RepositoryPath("a b/ü?#%.x")?.percentEncoded == "a%20b/%C3%BC%3F%23%25.x")
    }
}

@Suite struct `A GGUF's name` {
    @Test(arguments: [
        ("Qwen3-0.6B-Q8_0.gguf", "Q8_0"), ("Meta-Llama-3-8B-Instruct.Q4_K_M.gguf", "Q4_K_M"),
        ("qwen2.5-0.5b-instruct-q4_k_m.gguf", "Q4_K_M"), ("x-UD-Q4_K_XL.gguf", "UD-Q4_K_XL"),
        ("m.IQ2_XXS.gguf", "IQ2_XXS"), ("m-TQ1_0.gguf", "TQ1_0"), ("ggml-model_q4_0.gguf", "Q4_0"),
        ("mistral_7b_q5_k_s.gguf", "Q5_K_S"), ("m-BF16.gguf", "BF16"), ("m-mxfp4_moe.gguf", "MXFP4_MOE"),
        ("Q4_K_M/m-Q4_K_M-00001-of-00003.gguf", "Q4_K_M"), ("m-Q4_K_M-imat.gguf", "Q4_K_M"),
        ("m-q8.gguf", "Q8"),
    ])
    func `tells the quantisation`(path: String, tag: String) {
        #expect(GGUFName(path)?.tag == tag)
    }

    @Test(arguments: ["model.gguf", "Qwen3-0.6B.gguf", "f16/model.gguf", "equal.gguf"])
    func `may say nothing of it`(path: String) throws {
        let name = try #require(GGUFName(path))
        #expect(name.tag == nil)
    }

    @Test func `tells the parts of one model`() throws {
        let second = try #require(GGUFName("d/big-Q8_0-00002-of-00003.GGUF"))
        #expect((second.part, second.partCount, second.stem) == (2, 3, "d/big-Q8_0"))
        let single = try #require(GGUFName("d/big-Q8_0.gguf"))
        #expect((single.part, single.partCount, single.stem) == (1, 1, "d/big-Q8_0"))
        for odd in ["b-00004-of-00003.gguf", "b-00000-of-00003.gguf", "b-0001-of-0003.gguf"] {
            #expect(GGUFName(odd)?.partCount == 1)
        }
    }

    @Test func `is none without its ending`() {
        for path in ["model.safetensors", "gguf", ".gguf", "a/.gguf"] { #expect(GGUFName(path) == nil) }
    }

    @Test func `answers to what people type`() throws {
        let dynamic = try #require(GGUFName("x-UD-Q4_K_XL.gguf"))
        #expect(dynamic.answers(to: "q4_k_xl") && dynamic.answers(to: "UD-Q4_K_XL"))
        #expect(!dynamic.answers(to: "Q4_K"))
        let projector = try #require(GGUFName("mmproj-F16.gguf"))
        #expect(projector.isProjector && !projector.answers(to: "F16"))
    }
}
