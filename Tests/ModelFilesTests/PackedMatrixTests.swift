import JSON
import ModelFiles
import Testing

@Suite struct `A packed matrix` {
    private let place: Workplace

    init() throws { place = try Workplace() }

    @Test(arguments: [2, 3, 4, 5, 6, 8], [32, 64, 128])
    func `is known by the shapes of its tensors`(bits: Int, group: Int) throws {
        let tensors = try tensors([
            ("m.weight", "U32", [6, 128 * bits / 32]), ("m.scales", "F16", [6, 128 / group]),
            ("m.biases", "F16", [6, 128 / group]),
        ])
        let matrix = try tensors.matrix("m", rows: 6, columns: 128)
        #expect(matrix.type == .affine(bits: bits) && matrix.bytes.count == 6 * 16 * bits)
        #expect(matrix.scales?.groupColumns == group && matrix.scales?.kind == .f16)
        let part = matrix.rows(2..<5).rows(1..<3)
        #expect(part.firstRow == 3 && part.rows == 2 && part.bytes.count == 2 * 16 * bits)
        #expect(part.bytes.baseAddress == matrix.bytes.baseAddress.map { $0 + 3 * 16 * bits })
        let stack = try #require(try tensors3(bits, group).stack("s", count: 3, rows: 2, columns: 128))
        #expect(stack.map(\.firstRow) == [0, 2, 4])
    }

    @Test func `may be floats of four bits`() throws {
        let tensors = try tensors([
            ("m.weight", "U32", [2, 8]), ("m.scales", "U8", [2, 2]),
            ("e_blocks", "U8", [3, 2, 2, 16]), ("e_scales", "U8", [3, 2, 2]),
        ])
        #expect(try tensors.matrix("m", rows: 2, columns: 64).type == .f4E2M1)
        let stack = try #require(try tensors.stack("e", count: 3, rows: 2, columns: 64))
        #expect(stack[2].type == .f4E2M1 && stack[2].firstRow == 4 && stack[2].bytes.count == 64)
        #expect(stack[2].scales?.kind == .e8m0)
    }

    @Test func `may be floats of eight bits, scaled in squares, by rows or as a whole`() throws {
        let tensors = try tensors([
            ("square.weight", "F8_E4M3", [130, 160]), ("square.weight_scale_inv", "F32", [2, 2]),
            ("row.weight", "F8_E4M3", [4, 32]), ("row.weight_scale", "BF16", [4, 1]),
            ("whole.weight", "F8_E4M3", [4, 32]), ("whole.weight_scale", "F32", []),
        ])
        let square = try #require(try tensors.matrix("square", rows: 130, columns: 160).scales)
        #expect(square.groupRows == 128 && square.groupColumns == 128)
        let row = try #require(try tensors.matrix("row", rows: 4, columns: 32).scales)
        #expect(row.groupRows == 1 && row.groupColumns == 32)
        let whole = try #require(try tensors.matrix("whole", rows: 4, columns: 32).scales)
        #expect(whole.groupRows == 4 && whole.groupColumns == 32)
    }

    typealias Layout = (name: String, type: String, shape: [Int])

    static let wrong: [(why: String, field: String, layout: [Layout])] = [
        ("no scales", "m.weight", [("m.weight", "U32", [2, 16])]),
        (
            "another number of rows", "m.weight",
            [("m.weight", "U32", [3, 16]), ("m.scales", "F16", [3, 2]), ("m.biases", "F16", [3, 2])]
        ),
        (
            "seven bits", "m.weight",
            [("m.weight", "U32", [2, 28]), ("m.scales", "F16", [2, 2]), ("m.biases", "F16", [2, 2])]
        ),
        (
            "groups of 16", "m.scales",
            [("m.weight", "U32", [2, 16]), ("m.scales", "F16", [2, 8]), ("m.biases", "F16", [2, 8])]
        ),
        (
            "scales of another shape", "m.scales",
            [("m.weight", "U32", [2, 16]), ("m.scales", "F16", [1, 2]), ("m.biases", "F16", [2, 2])]
        ),
        (
            "biases of another shape", "m.biases",
            [("m.weight", "U32", [2, 16]), ("m.scales", "F16", [2, 2]), ("m.biases", "F16", [2, 1])]
        ),
        (
            "biases of another type", "m.biases",
            [("m.weight", "U32", [2, 16]), ("m.scales", "F16", [2, 2]), ("m.biases", "F32", [2, 2])]
        ),
        ("integer scales", "m.scales", [("m.weight", "U32", [2, 16]), ("m.scales", "F16", [2, 4])]),
        ("no biases", "m.scales", [("m.weight", "U32", [2, 32]), ("m.scales", "U8", [2, 4])]),
        ("no scales for eight bits", "m.weight", [("m.weight", "F8_E4M3", [2, 128])]),
        (
            "too few squares", "m.weight_scale_inv",
            [("m.weight", "F8_E4M3", [2, 128]), ("m.weight_scale_inv", "F32", [1, 2])]
        ),
        (
            "scales for some rows", "m.weight_scale",
            [("m.weight", "F8_E4M3", [2, 128]), ("m.weight_scale", "F32", [3])]
        ),
        ("a type of no use", "m.weight", [("m.weight", "I16", [2, 128])]),
        ("another shape", "m.weight", [("m.weight", "F32", [128, 2])]),
    ]

    @Test(arguments: wrong.indices) func `is refused when its tensors do not fit`(index: Int) throws {
        let (why, field, layout) = Self.wrong[index]
        let tensors = try tensors(layout)
        let error = #expect(throws: ModelFileError.self, "\(why)") {
            try tensors.matrix("m", rows: 2, columns: 128)
        }
        #expect(error?.field == field, "\(why): \(error?.description ?? "")")
    }

    static let methods: [(config: JSONValue, isKnown: Bool)] = [
        (["quantization": ["group_size": 64, "bits": 4]], true),
        (["quantization": ["group_size": 32, "bits": 4, "mode": "mxfp4"]], true),
        (["quantization": ["bits": 4, "mode": "nvfp4"]], false),
        (["quantization_config": ["quant_method": "fp8", "weight_block_size": [128, 128]]], true),
        (["quantization_config": ["quant_method": "mxfp4"]], true),
        (["quantization_config": ["quant_method": "gptq", "bits": 4]], false),
        (["quantization_config": ["quant_method": "awq", "bits": 4]], false),
        (["quantization_config": ["quant_method": "bitsandbytes"]], false),
        (["quantization_config": ["quant_method": "compressed-tensors", "format": "pack-quantized"]], false),
        (["quantization_config": ["quant_method": "compressed-tensors", "format": "float-quantized"]], true),
    ]

    @Test(arguments: methods.indices) func `is refused early where its method is not known`(index: Int) throws
    {
        let (extra, isKnown) = Self.methods[index]
        var config: JSONObject = [
            "model_type": "llama", "vocab_size": 10, "max_position_embeddings": 64, "hidden_size": 32,
            "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64,
        ]
        for (key, value) in extra.objectValue ?? [:] { config[key] = value }
        try place.write("config.json", .object(config))
        let source = try ModelSource(path: place.path)
        if isKnown {
            _ = try source.config
        } else {
            let error = #expect(throws: ModelFileError.self) { try source.config }
            #expect(error?.field?.hasPrefix("quantization") == true, "\(error?.description ?? "")")
        }
    }

    private func tensors3(_ bits: Int, _ group: Int) throws -> TensorSet {
        try tensors([
            ("s.weight", "U32", [3, 2, 128 * bits / 32]), ("s.scales", "BF16", [3, 2, 128 / group]),
            ("s.biases", "BF16", [3, 2, 128 / group]),
        ])
    }

    private func tensors(_ layout: [Layout]) throws -> TensorSet {
        let sizes = ["U32": 4, "F32": 4, "F16": 2, "BF16": 2, "I16": 2]
        var header = JSONObject(), offset = 0
        for (name, type, shape) in layout {
            let end = offset + shape.reduce(1, *) * (sizes[type] ?? 1)
            header[name] = [
                "dtype": .string(type), "shape": .array(shape.map { .integer(Int64($0)) }),
                "data_offsets": [.integer(Int64(offset)), .integer(Int64(end))],
            ]
            offset = end
        }
        let draft = Draft(header: "\(JSONValue.object(header))", data: offset)
        return try TensorSet(safetensors: place.write("model.safetensors", draft.bytes))
    }
}
