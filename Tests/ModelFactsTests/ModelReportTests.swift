import JSON
import ModelFiles
import Templates
import TestSupport
import Testing
import Tokenizer

@testable import ModelFacts

@Suite struct `A report about a model` {
    private static let demo = PackageFolder.path + "/Sources/millrace/Resources/demo-model"

    private var memory: MachineMemory {
        var memory = MachineMemory()
        memory.availableBytes = 1 << 30
        return memory
    }

    private func report(_ path: String, _ depth: ModelReport.Depth = .everything) -> ModelReport {
        ModelReport(path: path, name: nil, depth: depth, memory: memory)
    }

    /// The demo model with some files replaced, and some left out.
    private func broken(
        _ replaced: [String: [UInt8]] = [:],
        without missing: Set<String> = []
    ) throws -> (report: ModelReport, folder: TestFolder) {
        let folder = try TestFolder()
        for name in try TestFile.names(in: Self.demo) where !missing.contains(name) {
            try folder.write(name, replaced[name] ?? TestFile.bytes(of: "\(Self.demo)/\(name)"))
        }
        return (report(folder.path), folder)
    }

    private func check(_ report: ModelReport) throws {
        func load(_ name: String) throws -> JSONValue {
            try JSONValue(parsing: try TestFile.bytes(of: "\(PackageFolder.path)/schemas/\(name)"))
        }
        try JSONSchema(root: try load("model-report.json"), resolve: load).check(report.json)
    }

    @Test func `says what the demo model is`() throws {
        let report = report(Self.demo)
        #expect(report.problems == [] && report.isUsable)
        #expect(report.architecture?.family == "qwen3")
        #expect(report.weights?.shares.map(\.type) == ["F16"])
        #expect(report.quantization == "F16")
        #expect(report.weights?.byteCount == (report.weights?.parameterCount ?? 0) * 2)
        #expect(report.tokenizer?.kind == "BPE")
        #expect(report.tokenizer?.vocabularySize == report.architecture?.vocabularySize)
        #expect(report.fit?.verdict == .fullContext)
        #expect(report.template?.names == ["default"])
        #expect(report.template?.capabilities?.showsSystemRole == true)
        try check(report)
        for line in ["Family        qwen3, safetensors", "fits with its full context", "F16 100 %"] {
            #expect(report.text.contains(line), "\(report.text)")
        }
    }

    @Test func `names every file that is missing and shows the rest`() throws {
        let (report, folder) = try broken(without: ["model.safetensors", "tokenizer.json"])
        #expect(report.problems.count == 2)
        #expect(report.problems.contains { $0.hasPrefix("\(folder.path)/model.safetensors: ") })
        #expect(report.problems.contains { $0.hasPrefix("\(folder.path)/tokenizer.json: ") })
        #expect(report.architecture?.layerCount != nil)
        #expect(report.fit == nil)
        #expect(report.text.contains("Problem"))
        try check(report)
    }

    @Test func `says where weights end too early`() throws {
        let bytes = try TestFile.bytes(of: "\(Self.demo)/model.safetensors")
        let (report, _) = try broken(["model.safetensors": bytes.dropLast(10_000)])
        #expect(report.problems.count == 1)
        #expect(report.problems.first?.contains("data_offsets") == true)
    }

    @Test func `says which tensor has another shape than config.json asks for`() throws {
        var config =
            try JSONValue(parsing: try TestFile.bytes(of: "\(Self.demo)/config.json")).objectValue ?? [:]
        config["intermediate_size"] = 640
        let (report, _) = try broken(["config.json": JSONValue.object(config).serialized])
        #expect(report.problems.count == 1)
        #expect(report.problems.first?.contains("_proj.weight: has the shape") == true, "\(report.problems)")
        try check(report)
    }

    @Test func `of an unknown family shows what can be read`() throws {
        var config =
            try JSONValue(parsing: try TestFile.bytes(of: "\(Self.demo)/config.json")).objectValue ?? [:]
        config["model_type"] = "unheard_of"
        let (report, _) = try broken(["config.json": JSONValue.object(config).serialized])
        #expect(report.problems.count == 1)
        #expect(report.problems.first?.contains("unheard_of") == true)
        #expect(report.weights != nil && report.tokenizer != nil && report.fit != nil)
        try check(report)
    }

    @Test func `of what is no model is short`() throws {
        let folder = try TestFolder()
        for report in [
            report("/nonexistent"), report(folder.path), report(try folder.write("x.gguf", [1, 2])),
        ] {
            #expect(!report.isUsable)
            try check(report)
            #expect(report.text.contains("Problem"))
        }
    }

    @Test func `of headers alone reads no tokenizer`() {
        let report = report(Self.demo, .headers)
        #expect(report.isUsable && report.tokenizer == nil)
        #expect(report.weights?.parameterCount ?? 0 > 0)
    }

    @Test(.enabled(if: SharedFixtures.has("models")), arguments: ["qwen3-tiny", "qwen3-256"])
    func `counts the same numbers however they are packed`(name: String) {
        let plain = report(SharedFixtures.path("models/\(name)"), .headers)
        let packed = report(SharedFixtures.path("models/\(name)-mlx-4bit"), .headers)
        #expect(packed.weights?.parameterCount == plain.weights?.parameterCount)
        #expect(packed.quantization == "4-bit mlx")
    }

    @Test(
        .enabled(if: SharedFixtures.has("gguf")),
        arguments: [("qwen3-tiny-Q8_0", "Q8_0"), ("llama3-tiny-F16", "F16"), ("qwen3-256-Q4_K_M", "Q4_K")]
    )
    func `says what a GGUF file holds`(name: String, type: String) throws {
        let report = report(SharedFixtures.path("gguf/\(name).gguf"), .headers)
        #expect(report.format == "gguf" && report.problems == [])
        #expect(report.quantization == type)
        #expect(report.architecture?.layerCount ?? 0 > 0 && report.fit?.verdict == .fullContext)
        try check(report)
    }

    @Test(.enabled(if: SharedFixtures.has("models")))
    func `counts the experts that a token passes through`() throws {
        let report = report(SharedFixtures.path("models/qwen3moe-tiny"), .headers)
        let weights = try #require(report.weights)
        let active = weights.activeParameterCount(try #require(report.architecture))
        #expect(active == weights.parameterCount - weights.expertParameterCount * 5 / 8)
        #expect(weights.expertParameterCount > 0)
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1500, "1.5 K"), (596_049_920, "596 M"), (8_030_261_248, "8.0 B"),
        (1_026_470_731_056, "1.0 T"),
    ])
    func `speaks of sizes as names of models do`(count: Int, text: String) {
        #expect(parameterText(count) == text)
    }
}
