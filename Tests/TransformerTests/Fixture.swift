import Contract
import Foundation
import JSON
import KVCache
import ModelFiles
import TestSupport
import Testing
import Transformer

/// A small model with the logits that another implementation computed for it.
struct Fixture: Sendable, CustomTestStringConvertible {
    /// Models that lie beside the tests, and so are always there.
    static let included = ["llama3-tiny", "qwen3-tiny"].map { Fixture(name: $0, root: includedRoot) }

    /// More of them, with biases, windows, experts and 16-bit floats, where the shared fixtures lie beside
    /// the package.
    static let shared = ["qwen2-tiny", "qwen3-256", "mistral-tiny", "gemma3-tiny", "qwen3moe-tiny"].compactMap
    { name in
        SharedFixtures.has("models/\(name)/expected.json")
            ? Fixture(shared: name) : nil
    }

    private static let includedRoot = Bundle.module.resourcePath.map { "\($0)/Fixtures" } ?? "Fixtures"

    let name: String
    let path: String
    private let expectedPath: String
    private let logitsPath: String

    init(name: String, root: String) {
        self.name = name
        path = "\(root)/\(name)"
        expectedPath = "\(path)/expected.json"
        logitsPath = "\(path)/expected_logits.bin"
    }

    /// A directory among the shared fixtures.
    init(shared name: String) { self.init(name: name, root: SharedFixtures.path("models")) }

    /// A GGUF file among the shared fixtures.
    init(gguf name: String) {
        self.name = name
        let stem = SharedFixtures.path("gguf/\(name)")
        path = "\(stem).gguf"
        expectedPath = "\(stem).expected.json"
        logitsPath = "\(stem).logits.bin"
    }

    var testDescription: String { name }

    func model(
        _ options: TransformerOptions = .init(memory: .blocks(64), kv: .f32, activations: .exact),
        onProgress: @escaping (Double) -> Void = { _ in }
    ) throws -> TransformerModel {
        try TransformerModel(source: ModelSource(path: path), options: options, onProgress: onProgress)
    }

    func expected() throws -> Expected {
        let text = try MappedFile(path: expectedPath)
        let logits = try MappedFile(path: logitsPath)
        return Expected(document: try JSONValue(parsing: text.bytes, limits: .modelFile), logits: logits)
    }
}

/// What the other implementation says.
struct Expected {
    let document: JSONValue
    let logits: MappedFile

    var prompts: [ExpectedPrompt] {
        (document["prompts"]?.arrayValue ?? []).map { ExpectedPrompt(value: $0, logits: logits) }
    }

    /// The ids of the prompt with this name.
    func ids(_ name: String) throws -> [TokenID] {
        try #require(prompts.first { $0.name == name }).ids
    }
}

struct ExpectedPrompt {
    let value: JSONValue
    let logits: MappedFile

    var name: String { value["name"]?.stringValue ?? "" }
    var ids: [TokenID] { integers("ids").map(TokenID.init) }
    var greedy: [TokenID] { integers("greedy").map(TokenID.init) }
    var greedyMargins: [Double] { (value["greedy_margin"]?.arrayValue ?? []).compactMap(\.numberValue) }

    /// Position and logits, for every position that was written down.
    func rows() throws -> [(position: Int, logits: [Float])] {
        var rows = [(ids.count - 1, try #require(numbers("last_logits").first))]
        for (position, logits) in try numbers("all_logits").enumerated() { rows.append((position, logits)) }
        for (position, logits) in zip(integers("positions"), try numbers("position_logits")) {
            rows.append((position, logits))
        }
        return rows
    }

    private func integers(_ key: String) -> [Int] {
        (value[key]?.arrayValue ?? []).compactMap(\.integerValue).map(Int.init)
    }

    private func numbers(_ key: String) throws -> [[Float]] {
        guard let place = value[key] else { return [] }
        let offset = Int(try #require(place["offset"]?.integerValue))
        let shape = try #require(place["shape"]?.arrayValue).compactMap(\.integerValue).map(Int.init)
        let width = try #require(shape.last)
        return (0..<(shape.count == 1 ? 1 : shape[0])).map { row in
            (0..<width).map {
                logits.bytes.loadUnaligned(fromByteOffset: offset + (row * width + $0) * 4, as: Float.self)
            }
        }
    }
}

/// One sequence that is fed to a model piece by piece; it owns blocks `first...` in order.
struct FedSequence {
    let tokens: [TokenID]
    var firstBlock: UInt32 = 0
    var computed = 0

    /// The next `count` tokens, or what is left of them.
    mutating func next(
        _ count: Int,
        blockTokens: Int,
        wanted: ForwardInput.Wanted = .all
    )
        -> (tokens: ArraySlice<TokenID>, span: ForwardInput.Span)
    {
        let end = computed + min(count, tokens.count - computed)
        defer { computed = end }
        let blockCount = UInt32((end + blockTokens - 1) / blockTokens)
        let span = ForwardInput.Span(
            rowCount: end - computed,
            computed: computed,
            known: tokens.count,
            blocks: (0..<blockCount).map { BlockID(rawValue: firstBlock + $0) },
            wanted: wanted
        )
        return (tokens[computed..<end], span)
    }
}

extension TransformerModel {
    /// Logits of every position, fed in pieces of `chunk` tokens.
    func logits(of tokens: [TokenID], chunk: Int = .max, firstBlock: UInt32 = 0) throws -> [Float] {
        var sequence = FedSequence(tokens: tokens, firstBlock: firstBlock), all: [Float] = [],
            logits: [Float] = []
        while sequence.computed < tokens.count {
            let (ids, span) = sequence.next(min(chunk, tokens.count), blockTokens: blockTokens)
            try forward(ForwardInput(tokens: Array(ids), spans: [span]), into: &logits)
            all += logits
        }
        return all
    }

    /// The `count` tokens that follow when always the most likely one is taken.
    ///
    /// A sequence that grows out of a frequency set is computed again, as the engine does it.
    func greedy(after prompt: [TokenID], count: Int) throws -> [TokenID] {
        var tokens = prompt, computed = 0, logits: [Float] = []
        for _ in 0..<count {
            var sequence = FedSequence(tokens: tokens, computed: computed)
            let (ids, span) = sequence.next(tokens.count, blockTokens: blockTokens, wanted: .last)
            try forward(ForwardInput(tokens: Array(ids), spans: [span]), into: &logits)
            let next = tokens.count + 1
            computed = frequencySet(known: next) == frequencySet(known: tokens.count) ? tokens.count : 0
            let best = try #require(logits.indices.max { logits[$0] < logits[$1] })
            tokens.append(TokenID(best))
        }
        return Array(tokens.dropFirst(prompt.count))
    }
}

/// The largest difference; infinite where the counts differ.
func distance(_ left: some Collection<Float>, _ right: some Collection<Float>) -> Float {
    guard left.count == right.count else { return .infinity }
    return zip(left, right).reduce(0) { max($0, abs($1.0 - $1.1)) }
}

/// 1 for vectors that point the same way.
func cosine(_ left: some Collection<Float>, _ right: some Collection<Float>) -> Float {
    guard left.count == right.count else { return 0 }
    let both = zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
    return both / (left.reduce(0) { $0 + $1 * $1 } * right.reduce(0) { $0 + $1 * $1 }).squareRoot()
}

/// Bits, because two numbers may be equal and still not the same.
func bits(_ numbers: some Sequence<Float>) -> Data { Array(numbers).withUnsafeBytes { Data($0) } }
