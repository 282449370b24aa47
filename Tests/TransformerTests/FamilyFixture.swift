import Foundation
import JSON
import ModelFiles
import Testing
import Transformer

/// A model of a few kilobytes for each family that is particular in some way, and what transformers computed
/// for it.
///
/// Random weights. The config is in the style of published models for some and in the newer one for others.
struct FamilyFixture: Sendable, CustomTestStringConvertible {
    enum Kind: String {
        case logits
        case embedding
        case classes
    }

    static let all: [FamilyFixture] = {
        let root = Bundle.module.resourcePath.map { "\($0)/Fixtures/families" } ?? "Fixtures"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.sorted().map { FamilyFixture(path: "\(root)/\($0)") }
    }()

    let path: String

    var testDescription: String { String(path.split(separator: "/").last ?? "") }
    var source: ModelSource {
        get throws { try ModelSource(path: path) }
    }

    func expected() throws -> (kind: Kind, cases: [FamilyCase]) {
        let file = try MappedFile(path: "\(path)/expected.json")
        let document = try JSONValue(parsing: file.bytes, limits: .modelFile)
        let kind = try #require(document["kind"]?.stringValue.flatMap(Kind.init))
        return (kind, (document["cases"]?.arrayValue ?? []).map { FamilyCase(value: $0) })
    }
}

/// One text.
struct FamilyCase {
    let value: JSONValue

    var input: TextInput {
        TextInput(ids: integers("ids").map { UInt32($0) }, types: integers("types").map { UInt8($0) })
    }
    /// Positions whose logits were written down.
    var positions: [Int] { integers("positions") }
    /// The tokens that follow, each without doubt.
    var greedy: [UInt32] { integers("greedy").map { UInt32($0) } }
    /// One row for each position, or the one of the text.
    var values: [[Float]] {
        (value["values"]?.arrayValue ?? []).map {
            ($0.arrayValue ?? []).compactMap(\.numberValue).map { Float($0) }
        }
    }

    private func integers(_ key: String) -> [Int] {
        (value[key]?.arrayValue ?? []).compactMap(\.integerValue).map { Int($0) }
    }
}
