import Foundation
import JSON
import ModelFiles
import TestSupport
import Testing
import Transformer

/// A small embedding model with the vectors that another implementation computed for it.
struct EmbeddingFixture: Sendable, CustomTestStringConvertible {
    static let shared = ["bert-embed-tiny", "qwen3-embed-tiny"].compactMap { name in
        SharedFixtures.has("models/\(name)/expected.json")
            ? EmbeddingFixture(name: name, root: SharedFixtures.path("models")) : nil
    }

    let name: String
    let root: String

    var testDescription: String { name }

    func model(
        _ options: TransformerOptions = .init(memory: .blocks(1))
    ) throws -> EmbeddingModel {
        try EmbeddingModel(source: ModelSource(path: "\(root)/\(name)"), options: options)
    }

    /// Inputs and their vectors.
    func cases() throws -> [(input: TextInput, embedding: [Float])] {
        let file = try MappedFile(path: "\(root)/\(name)/expected.json")
        let document = try JSONValue(parsing: file.bytes, limits: .modelFile)
        let dataFile = try #require(document["data_file"]?.stringValue)
        let data = try MappedFile(path: "\(root)/\(name)/\(dataFile)")
        return try (document["cases"]?.arrayValue ?? []).map { value in
            let ids = (value["ids"]?.arrayValue ?? []).compactMap(\.integerValue)
            let place = try #require(value["embedding"])
            let offset = Int(try #require(place["offset"]?.integerValue))
            let width = Int(try #require(place["shape"]?.arrayValue?.last?.integerValue))
            let embedding = (0..<width).map {
                data.bytes.loadUnaligned(fromByteOffset: offset + $0 * 4, as: Float.self)
            }
            return (TextInput(ids: ids.map { UInt32($0) }), embedding)
        }
    }
}
