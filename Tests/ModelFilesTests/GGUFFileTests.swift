import ModelFiles
import TestSupport
import Testing

@Suite struct `A GGUF file` {
    private let place: Workplace

    init() throws { place = try Workplace() }

    @Test(arguments: [2, 3] as [UInt32]) func `gives its tensors row by row`(version: UInt32) throws {
        var draft = GGUFDraft(version: version)
        draft.tensors = [
            .init(name: "a", dimensions: [2, 3], data: Array(0..<24)),
            .init(name: "b", dimensions: [32, 2], type: 8, data: Array(100..<168)),
        ]
        let tensors = try open(draft)
        #expect(tensors.names == ["a", "b"])
        let a = try tensors.tensor("a", shape: [3, 2])
        #expect(Array(a.bytes) == Array(0..<24))
        let b = try #require(tensors["b"])
        #expect(b.type == .block(.q8_0) && b.shape == [2, 32] && Array(b.bytes) == Array(100..<168))
    }

    @Test func `gives its metadata by key and type`() throws {
        let values: [(String, GGUFDraft.Value)] = [
            ("tokenizer.ggml.tokens", .texts(["a", "é", ""])), ("u8", .uint8(200)), ("i32", .int32(-5)),
            ("u64", .uint64(1 << 40)), ("large", .uint64(.max)), ("f32", .float(1.5)),
            ("f64", .double(-0.25)),
            ("flag", .flag(true)), ("text", .text("x")), ("numbers", .int32s([3, -1])),
            ("floats", .floats([0.5])), ("nested", .nested([.int32s([1]), .texts(["t"])])),
        ]
        let metadata = try metadata(GGUFDraft(metadata: values))
        #expect(metadata.integer("u8") == 200 && metadata.integer("i32") == -5)
        #expect(metadata.integer("u64") == 1 << 40 && metadata.integer("large") == nil)
        #expect(metadata.number("f32") == 1.5 && metadata.number("f64") == -0.25)
        #expect(metadata.number("i32") == -5)
        #expect(metadata.flag("flag") == true && metadata.text("text") == "x")
        #expect(metadata.integers("numbers") == [3, -1] && metadata.floats("floats") == [0.5])
        #expect(metadata.texts("tokenizer.ggml.tokens") == ["a", "é", ""])
        #expect(metadata.rawTexts("tokenizer.ggml.tokens") == [[0x61], [0xC3, 0xA9], []])
        #expect(metadata.text("tokenizer.ggml.tokens", at: 1) == "é")
        #expect(metadata.text("tokenizer.ggml.tokens", at: 3) == nil)
        #expect(metadata.contains("nested") && metadata.texts("nested") == nil)
        #expect(metadata.text("missing") == nil && metadata.flag("text") == nil)
    }

    static let hostile: [(why: String, field: String, draft: GGUFDraft)] = [
        ("another format", "magic", GGUFDraft(magic: 0x4655_4746)),
        ("first version", "version", GGUFDraft(version: 1)),
        ("later version", "version", GGUFDraft(version: 4)),
        ("big-endian", "version", GGUFDraft(version: 0x0300_0000)),
        ("tensors without end", "tensor count", GGUFDraft(tensorCount: .max)),
        ("more tensors than fit", "tensor count", GGUFDraft(tensorCount: 9)),
        ("metadata without end", "metadata count", GGUFDraft(metadataCount: .max)),
        ("twice the same key", "k", GGUFDraft(metadata: [("k", .flag(true)), ("k", .flag(true))])),
        ("alignment 3", "general.alignment", GGUFDraft(metadata: [("general.alignment", .uint32(3))])),
        ("alignment 0", "general.alignment", GGUFDraft(metadata: [("general.alignment", .uint32(0))])),
        ("alignment of text", "general.alignment", GGUFDraft(metadata: [("general.alignment", .text("32"))])),
        ("deep arrays", "k", GGUFDraft(metadata: [("k", deep(6))])),
        ("twice the same tensor", "a", tensors(.zeros("a", 1), .zeros("a", 1))),
        ("unknown type", "a", tensors(.init(name: "a", dimensions: [1], type: 4, data: [0]))),
        ("half a block", "a", tensors(.init(name: "a", dimensions: [48], type: 8, data: [0]))),
        ("too many dimensions", "a", tensors(.zeros("a", 1, 1, 1, 1, 1, 1, 1, 1, 1))),
        ("negative shape", "a", tensors(.init(name: "a", dimensions: [.max], data: []))),
        ("shape overflows", "a", tensors(.init(name: "a", dimensions: [1 << 32, 1 << 32], data: []))),
        ("behind the end", "a", tensors(.init(name: "a", dimensions: [9], data: [0, 0, 0, 0]))),
        ("far behind the end", "a", tensors(.init(name: "a", dimensions: [1], offset: .max - 3, data: [1]))),
        ("crooked", "b", tensors(.zeros("a", 8), .init(name: "b", dimensions: [1], offset: 36, data: []))),
        ("overlap", "b", tensors(.zeros("a", 16), .init(name: "b", dimensions: [8], offset: 32, data: []))),
        (
            "endless name", "tensor 0",
            tensors(.zeros(String(repeating: "n", count: 1025), 1))
        ),
    ]

    private static func tensors(_ tensors: GGUFDraft.Tensor...) -> GGUFDraft { GGUFDraft(tensors: tensors) }

    private static func deep(_ levels: Int) -> GGUFDraft.Value {
        .nested([levels == 0 ? .int32s([1]) : deep(levels - 1)])
    }

    @Test(arguments: hostile.indices) func `is refused when its header lies`(index: Int) throws {
        let (why, field, draft) = Self.hostile[index]
        let error = #expect(throws: ModelFileError.self, "\(why)") { try open(draft) }
        #expect(error?.field == field, "\(why): \(error?.description ?? "")")
    }

    @Test func `is refused when it ends early`() throws {
        var draft = GGUFDraft(metadata: [("words", .texts(["one", "two"])), ("n", .uint32(1))])
        draft.tensors = [.zeros("a", 4, 2)]
        let bytes = draft.bytes
        for count in 0..<bytes.count {
            #expect(throws: ModelFileError.self, "\(count) bytes") { try open(Array(bytes.prefix(count))) }
        }
    }

    @Test func `says which of its types cannot be used`() throws {
        let tensor = GGUFDraft.Tensor(
            name: "x.weight",
            dimensions: [256, 1],
            type: 17,
            data: [UInt8](repeating: 0, count: 74)
        )
        let tensors = try open(GGUFDraft(tensors: [tensor]))
        #expect(tensors["x.weight"]?.type == .other("IQ2_XS"))
        let error = #expect(throws: ModelFileError.self) { try tensors.matrix("x", rows: 1, columns: 256) }
        #expect(error?.field == "x.weight" && error?.problem.contains("IQ2_XS") == true)
    }

    @Test func `never does harm, however it is damaged`() throws {
        let seed: UInt64 = 78
        var random = SplitMix64(seed: seed)
        var draft = GGUFDraft(metadata: [
            ("general.architecture", .text("llama")), ("llama.block_count", .uint32(2)),
            ("general.alignment", .uint32(32)), ("tokenizer.ggml.tokens", .texts(["<s>", "</s>", "a"])),
            ("tokenizer.ggml.token_type", .int32s([3, 3, 1])),
            ("llama.attention.head_count", .int32s([4, 4])),
            ("tokenizer.ggml.bos_token_id", .uint32(0)), ("nested", .nested([.texts(["x"])])),
        ])
        draft.tensors = [
            .zeros("token_embd.weight", 32, 3), .zeros("rope_freqs.weight", 4),
            .init(
                name: "blk.0.attn_q.weight",
                dimensions: [32, 2],
                type: 8,
                data: Array(repeating: 1, count: 68)
            ),
        ]
        let good = draft.bytes
        let headerEnd = good.count - 32 * 16
        var refusedCount = 0
        for round in 0..<3000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<headerEnd, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
                case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: bytes.remove(at: place)
                default:
                    bytes = Array(bytes.prefix(Int.random(in: headerEnd...bytes.count, using: &random)))
                }
                if bytes.count <= headerEnd { break }
            }
            do {
                try touchEverything(bytes)
            } catch let error as ModelFileError {
                refusedCount += 1
                #expect(error.file.hasSuffix("model.gguf"), "seed \(seed), round \(round)")
            }
        }
        #expect(refusedCount > 1000)
    }

    private func touchEverything(_ bytes: [UInt8]) throws {
        let source = try ModelSource(path: place.write("model.gguf", bytes))
        _ = (source.configJSON, source.endTokenIDs, source.bosToken, source.chatTemplates)
        if case .gguf(let metadata)? = try? source.tokenizer {
            for key in metadata.keys {
                _ = (metadata.texts(key), metadata.integers(key), metadata.floats(key), metadata.bytes(key))
            }
        }
        let tensors = try source.openWeights()
        for name in tensors.names {
            let tensor = try #require(tensors[name])
            _ = tensor.bytes.reduce(0) { $0 &+ Int($1) }
        }
        _ = try? source.config
    }

    private func open(_ draft: GGUFDraft) throws -> TensorSet { try open(draft.bytes) }

    private func open(_ bytes: [UInt8]) throws -> TensorSet {
        try ModelSource(path: place.write("model.gguf", bytes)).openWeights()
    }

    private func metadata(_ draft: GGUFDraft) throws -> GGUFMetadata {
        let source = try ModelSource(path: place.write("model.gguf", draft.bytes))
        guard case .gguf(let metadata) = try source.tokenizer else {
            throw ModelFileError(source.path, "has no metadata")
        }
        return metadata
    }
}
