import JSON
import Tokenizer

/// Reads the metadata of a GGUF file as far as tests of vocabularies need it.
struct GGUFMetadata {
    private enum Value {
        case number(Double)
        case text([UInt8])
        case list([Value])
    }

    private var bytes: [UInt8]
    private var place = 24
    private var values: [String: Value] = [:]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        place = 16
        let count = integer(8)
        for _ in 0..<count {
            let key = String(decoding: text(), as: UTF8.self)
            values[key] = value(of: integer(4))
        }
    }

    var vocabulary: GGUFVocabulary {
        let key = "tokenizer.ggml."
        var vocabulary = GGUFVocabulary(
            model: string(key + "model") ?? "",
            tokens: texts(key + "tokens")
        )
        vocabulary.pre = string(key + "pre")
        vocabulary.tokenTypes = numbers(key + "token_type").map { Int32($0) }
        vocabulary.scores = numbers(key + "scores").map { Float($0) }
        vocabulary.merges = texts(key + "merges")
        vocabulary.bosTokenID = number(key + "bos_token_id").map { UInt32($0) }
        vocabulary.eosTokenID = number(key + "eos_token_id").map { UInt32($0) }
        vocabulary.unknownTokenID = number(key + "unknown_token_id").map { UInt32($0) }
        vocabulary.separatorTokenID = number(key + "seperator_token_id").map { UInt32($0) }
        vocabulary.addsBOS = number(key + "add_bos_token").map { $0 != 0 }
        vocabulary.addsEOS = number(key + "add_eos_token").map { $0 != 0 }
        vocabulary.addsSpacePrefix = number(key + "add_space_prefix").map { $0 != 0 }
        vocabulary.modelName = string("general.name") ?? ""
        vocabulary.architecture = string("general.architecture") ?? ""
        return vocabulary
    }

    private func string(_ key: String) -> String? {
        if case .text(let text)? = values[key] { String(decoding: text, as: UTF8.self) } else { nil }
    }

    private func number(_ key: String) -> Double? {
        if case .number(let number)? = values[key] { number } else { nil }
    }

    private func texts(_ key: String) -> [[UInt8]] {
        guard case .list(let list)? = values[key] else { return [] }
        return list.compactMap { if case .text(let text) = $0 { text } else { nil } }
    }

    private func numbers(_ key: String) -> [Double] {
        guard case .list(let list)? = values[key] else { return [] }
        return list.compactMap { if case .number(let number) = $0 { number } else { nil } }
    }

    private mutating func value(of type: UInt64) -> Value {
        switch type {
        case 0, 7: return .number(Double(integer(1)))
        case 1: return .number(Double(Int8(truncatingIfNeeded: integer(1))))
        case 2: return .number(Double(integer(2)))
        case 3: return .number(Double(Int16(truncatingIfNeeded: integer(2))))
        case 4: return .number(Double(integer(4)))
        case 5: return .number(Double(Int32(truncatingIfNeeded: integer(4))))
        case 6: return .number(Double(Float(bitPattern: UInt32(integer(4)))))
        case 8: return .text(text())
        case 9:
            let type = integer(4)
            let count = integer(8)
            var list: [Value] = []
            for _ in 0..<count { list.append(value(of: type)) }
            return .list(list)
        case 12: return .number(Double(bitPattern: integer(8)))
        default: return .number(Double(integer(8)))
        }
    }

    private mutating func text() -> [UInt8] {
        let count = Int(integer(8))
        defer { place += count }
        return Array(bytes[place..<place + count])
    }

    private mutating func integer(_ byteCount: Int) -> UInt64 {
        defer { place += byteCount }
        return (0..<byteCount).reversed().reduce(0) { $0 << 8 | UInt64(bytes[place + $1]) }
    }
}
