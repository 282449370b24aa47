import JSON
import ModelFiles
import TestSupport
import Testing

@Suite struct `A safetensors file` {
    private let place: Workplace

    init() throws { place = try Workplace() }

    @Test func `gives its tensors by name, wherever they lie`() throws {
        let header = #"""
            {"__metadata__": {"format": "pt"},
             "b": {"dtype": "BF16", "shape": [2, 1], "data_offsets": [9, 13]},
             "a": {"dtype": "F32", "shape": [2], "data_offsets": [1, 9]},
             "none": {"dtype": "F16", "shape": [0, 7], "data_offsets": [3, 3]},
             "one": {"dtype": "F16", "shape": [], "data_offsets": [13, 15]}}
            """#
        let tensors = try open(Draft(header: header, data: 20))
        #expect(tensors.names == ["a", "b", "none", "one"])
        let a = try tensors.tensor("a", shape: [2])
        #expect(a.type == .f32 && Array(a.bytes) == Array(1..<9))
        #expect(try tensors.tensor("b", shape: [2, 1]).bytes.count == 4)
        #expect(tensors["none"]?.bytes.count == 0 && tensors["one"]?.shape == [])
    }

    @Test func `lists types that cannot be computed with, and refuses them when used`() throws {
        let header =
            #"{"x": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]}, "#
            + #""y": {"dtype": "F4", "shape": [3], "data_offsets": [8, 10]}}"#
        let tensors = try open(Draft(header: header, data: 10))
        #expect(tensors["x"]?.type == .other("I64"))
        let error = #expect(throws: ModelFileError.self) { try tensors.tensor("x", shape: [1]) }
        #expect(error?.field == "x" && error?.problem.contains("I64") == true)
        #expect(throws: ModelFileError.self) { try tensors.tensor("y", shape: [3]) }
    }

    @Test func `refuses a tensor that is missing or of another shape`() throws {
        let tensors = try open(Draft.vectors([("a", 3)]))
        let missing = #expect(throws: ModelFileError.self) { try tensors.tensor("b", shape: [3]) }
        #expect(missing?.field == "b")
        let shape = #expect(throws: ModelFileError.self) { try tensors.tensor("a", shape: [3, 1]) }
        #expect(shape?.field == "a" && shape?.problem.contains("[3, 1]") == true)
    }

    @Test(arguments: [0, 7, 8, 20]) func `is refused when it ends early`(count: Int) throws {
        let bytes = Draft.vectors([("a", 3)]).bytes.prefix(count)
        let error = #expect(throws: ModelFileError.self) { try open(Array(bytes)) }
        #expect(error?.field == "header" && error?.file.hasSuffix("model.safetensors") == true)
    }

    @Test(arguments: [.max, 1 << 63, (100 << 20) + 1, 100 << 20, 1 << 20] as [UInt64])
    func `is refused when its header is longer than the file or the limit`(length: UInt64) throws {
        var draft = Draft.vectors([("a", 3)])
        draft.headerLength = length
        let error = #expect(throws: ModelFileError.self) { try open(draft) }
        #expect(error?.field == "header" && error?.problem.contains("\(length)") == true)
    }

    static let hostile: [(why: String, field: String, header: String)] = [
        ("no JSON", "header", "{"),
        ("trailing data", "header", "{} x"),
        ("not an object", "header", "[]"),
        ("nested too deep", "header", String(repeating: "[", count: 5000)),
        ("duplicate names", "header", "{\(entry), \(entry)}"),
        ("no dtype", "a", #"{"a": {"shape": [1], "data_offsets": [0, 4]}}"#),
        ("not an entry", "a", #"{"a": 7}"#),
        ("no shape", "a", #"{"a": {"dtype": "F32", "data_offsets": [0, 4]}}"#),
        ("negative shape", "a", tensor(shape: "[-1]")),
        ("fractional shape", "a", tensor(shape: "[1.5]")),
        ("shape of text", "a", tensor(shape: #"["1"]"#)),
        ("too many dimensions", "a", tensor(shape: "[1,1,1,1,1,1,1,1,1]")),
        ("shape overflows", "a", tensor(shape: "[4294967296, 4294967296]")),
        ("shape overflows to the right size", "a", tensor(shape: "[4611686018427387904, 4, 1]")),
        ("shape of another size", "a", tensor(shape: "[2]")),
        ("no offsets", "a", #"{"a": {"dtype": "F32", "shape": [1]}}"#),
        ("one offset", "a", tensor(offsets: "[0]")),
        ("offsets of text", "a", tensor(offsets: #"["0", "4"]"#)),
        ("negative offset", "a", tensor(offsets: "[-4, 0]")),
        ("offsets reversed", "a", tensor(offsets: "[8, 4]")),
        ("behind the end", "a", tensor(offsets: "[14, 18]")),
        ("far behind the end", "a", tensor(offsets: "[9223372036854775803, 9223372036854775807]")),
        ("overlap", "b", #"{\#(entry), "b": {"dtype": "F32", "shape": [1], "data_offsets": [3, 7]}}"#),
        ("same place", "b", #"{\#(entry), "b": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}"#),
        (
            "endless name", String(repeating: "n", count: 40) + "…",
            #"{"\#(String(repeating: "n", count: 1025))": 1}"#
        ),
    ]

    private static let entry = #""a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}"#

    private static func tensor(shape: String = "[1]", offsets: String = "[0, 4]") -> String {
        #"{"a": {"dtype": "F32", "shape": \#(shape), "data_offsets": \#(offsets)}}"#
    }

    @Test(arguments: hostile.indices) func `is refused when its header lies`(index: Int) throws {
        let (why, field, header) = Self.hostile[index]
        let error = #expect(throws: ModelFileError.self, "\(why)") {
            try open(Draft(header: header, data: 16))
        }
        #expect(error?.field == field, "\(why): \(error?.description ?? "")")
    }

    @Test func `is refused when it names too many tensors`() throws {
        let header = "{" + (0...65_536).map { "\"\($0)\":0" }.joined(separator: ",") + "}"
        let error = #expect(throws: ModelFileError.self) { try open(Draft(header: header)) }
        #expect(error?.problem.contains("65536") == true)
    }

    @Test func `never does harm, however it is damaged`() throws {
        let seed: UInt64 = 77
        var random = SplitMix64(seed: seed)
        let good = Draft.vectors([("model.embed", 40), ("model.norm", 8), ("head", 12)]).bytes
        let headerEnd = good.count - 240
        var refusedCount = 0
        for round in 0..<2000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<headerEnd, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
                case 1: bytes[place] = UInt8(ascii: "0") + UInt8.random(in: 0...9, using: &random)
                case 2: bytes.remove(at: place)
                default:
                    bytes = Array(bytes.prefix(Int.random(in: headerEnd / 2...bytes.count, using: &random)))
                }
                if bytes.count < headerEnd { break }
            }
            do {
                let tensors = try open(bytes)
                for name in tensors.names {
                    let tensor = try #require(tensors[name])
                    _ = tensor.bytes.reduce(0) { $0 &+ Int($1) }
                }
            } catch let error as ModelFileError {
                refusedCount += 1
                #expect(error.file.hasSuffix("model.safetensors"), "seed \(seed), round \(round)")
            }
        }
        #expect(refusedCount > 1000)
    }

    private func open(_ draft: Draft) throws -> TensorSet { try open(draft.bytes) }

    private func open(_ bytes: [UInt8]) throws -> TensorSet {
        try TensorSet(safetensors: place.write("model.safetensors", bytes))
    }
}

@Suite struct `A sharded model` {
    private let place: Workplace

    init() throws {
        place = try Workplace()
        try place.write("one.safetensors", Draft.vectors([("a", 3), ("unlisted", 1)]).bytes)
        try place.write("two.safetensors", Draft.vectors([("b", 2)]).bytes)
    }

    @Test func `finds each tensor in its shard`() throws {
        let tensors = try open(["a": "one.safetensors", "b": "two.safetensors"])
        #expect(tensors.names == ["a", "b"])
        #expect(tensors["b"]?.file.path.hasSuffix("two.safetensors") == true)
        #expect(!tensors.contains("unlisted"))
    }

    @Test(arguments: [
        "../one.safetensors", "/etc/one.safetensors", "sub/one.safetensors", "..safetensors", "one.bin", "",
    ])
    func `never leaves its directory`(shard: String) throws {
        let error = #expect(throws: ModelFileError.self) { try open(["a": .string(shard)]) }
        #expect(error?.field == "a" && error?.file.hasSuffix("index.json") == true)
    }

    @Test func `is refused when a shard or a tensor in it is missing`() throws {
        let shard = #expect(throws: ModelFileError.self) { try open(["a": "three.safetensors"]) }
        #expect(shard?.file.hasSuffix("three.safetensors") == true)
        let tensor = #expect(throws: ModelFileError.self) { try open(["b": "one.safetensors"]) }
        #expect(tensor?.field == "b")
        #expect(throws: ModelFileError.self) { try open(["a": 7]) }
        #expect(throws: ModelFileError.self) { try open(nil) }
    }

    private func open(_ map: JSONValue) throws -> TensorSet {
        try TensorSet(safetensorsIndex: place.write("model.safetensors.index.json", ["weight_map": map]))
    }
}

@Suite struct `A mapped file` {
    @Test func `may be empty`() throws {
        let place = try Workplace()
        #expect(try MappedFile(path: place.write("empty", [])).bytes.isEmpty)
    }

    @Test func `is refused when it is not a regular file`() throws {
        let place = try Workplace()
        #expect(throws: ModelFileError.self) { try MappedFile(path: place.path) }
        #expect(throws: ModelFileError.self) { try MappedFile(path: "/dev/null") }
        let error = #expect(throws: ModelFileError.self) { try MappedFile(path: "\(place.path)/missing") }
        #expect(error?.description.contains("No such file") == true)
    }
}
