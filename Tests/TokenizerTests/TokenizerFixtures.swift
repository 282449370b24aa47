import JSON
import TestSupport
import Tokenizer

extension SharedFixtures {
    static func tokenizer(_ family: String) throws -> Tokenizer {
        try Tokenizer(json: try json("tokenizers/hf/\(family)/tokenizer.json"))
    }
}

extension JSONValue {
    var ids: [UInt32]? { arrayValue?.compactMap { $0.integerValue.map(UInt32.init) } }
}
