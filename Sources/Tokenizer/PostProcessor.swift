internal import JSON

/// What is put around one text, or around a pair, when special tokens are wanted.
struct PostProcessor: Sendable {
    private enum Part: Sendable {
        case special([UInt32], typeID: UInt32)
        /// 0 is the text, 1 the second text of a pair.
        case text(Int, typeID: UInt32)
    }

    private var single: [Part] = [.text(0, typeID: 0)]
    private var pair: [Part] = [.text(0, typeID: 0), .text(1, typeID: 1)]

    private static let known = [
        "BertProcessing", "ByteLevel", "RobertaProcessing", "Sequence", "TemplateProcessing",
    ]

    /// Ids in front of a text, between the texts of a pair, and behind each; the second text of a pair may be
    /// of a type of its own.
    init(before: [UInt32], between: [UInt32], after: [UInt32], secondTypeID: UInt32 = 0) {
        single = [.special(before, typeID: 0), .text(0, typeID: 0), .special(after, typeID: 0)]
        pair =
            single + [
                .special(between, typeID: 0), .text(1, typeID: secondTypeID),
                .special(after, typeID: secondTypeID),
            ]
    }

    init(_ field: Field) throws(TokenizerError) {
        var templates = 0
        for part in try field.unfolded("processors") {
            let type = try part["type"].string()
            switch type {
            case "ByteLevel": continue  // moves offsets, which nobody here asks for
            case "TemplateProcessing": try readTemplate(part)
            case "BertProcessing", "RobertaProcessing":
                try readFixed(part, isRoberta: type == "RobertaProcessing")
            default: throw part["type"].unknown(type, Self.known)
            }
            templates += 1
        }
        guard templates <= 1 else { throw field.failure("puts more than one template around the text") }
    }

    func apply(to ids: [UInt32], addsSpecial: Bool) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(ids.count + 4)
        assemble(single, [ids], addsSpecial) { ids, _ in result += ids }
        return result
    }

    func apply(
        to ids: [UInt32],
        pair second: [UInt32],
        addsSpecial: Bool
    ) -> (ids: [UInt32], typeIDs: [UInt32]) {
        var result: [UInt32] = []
        var typeIDs: [UInt32] = []
        assemble(pair, [ids, second], addsSpecial) { ids, typeID in
            result += ids
            typeIDs += repeatElement(typeID, count: ids.count)
        }
        return (result, typeIDs)
    }

    private func assemble(
        _ parts: [Part],
        _ texts: [[UInt32]],
        _ addsSpecial: Bool,
        _ append: ([UInt32], _ typeID: UInt32) -> Void
    ) {
        for part in parts {
            switch part {
            case .special(let ids, let typeID): if addsSpecial { append(ids, typeID) }
            case .text(let index, let typeID): if index < texts.count { append(texts[index], typeID) }
            }
        }
    }

    private mutating func readTemplate(_ field: Field) throws(TokenizerError) {
        single = try Self.parts(field["single"], field["special_tokens"])
        pair = try Self.parts(field["pair"], field["special_tokens"])
    }

    /// The two shapes that came before templates: `[CLS] A [SEP] B [SEP]` and `<s> A </s> </s> B </s>`.
    private mutating func readFixed(_ field: Field, isRoberta: Bool) throws(TokenizerError) {
        let start = [try Self.pairedID(field["cls"])]
        let end = [try Self.pairedID(field["sep"])]
        let second: UInt32 = isRoberta ? 0 : 1
        single = [.special(start, typeID: 0), .text(0, typeID: 0), .special(end, typeID: 0)]
        pair = single
        if isRoberta { pair.append(.special(end, typeID: 0)) }
        pair += [.text(1, typeID: second), .special(end, typeID: second)]
    }

    /// The id in `["</s>", 2]`.
    private static func pairedID(_ field: Field) throws(TokenizerError) -> UInt32 {
        let elements = try field.elements()
        guard elements.count == 2 else { throw field.failure("must be a token and its id") }
        return try elements[1].tokenID()
    }

    private static func parts(_ field: Field, _ specials: Field) throws(TokenizerError) -> [Part] {
        var parts: [Part] = []
        for element in try field.elements() {
            let special = element["SpecialToken"]
            let text = element["Sequence"]
            if !special.isNull {
                var ids: [UInt32] = []
                for id in try specials[try special["id"].string()]["ids"].elements() {
                    ids.append(try id.tokenID())
                }
                parts.append(.special(ids, typeID: try typeID(special)))
            } else if !text.isNull {
                let name = try text["id"].string()
                guard name == "A" || name == "B" else { throw text["id"].failure("must be \"A\" or \"B\"") }
                parts.append(.text(name == "A" ? 0 : 1, typeID: try typeID(text)))
            } else {
                throw element.failure("must be a SpecialToken or a Sequence")
            }
        }
        return parts
    }

    private static func typeID(_ field: Field) throws(TokenizerError) -> UInt32 {
        field["type_id"].isNull ? 0 : UInt32(try field["type_id"].count())
    }
}
