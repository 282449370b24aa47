internal import Contract

/// What a record says of its text: where it becomes something else, and how much of it was thought.
enum MarksBody {
    private enum Kind {
        static let text: UInt8 = 0
        static let thinking: UInt8 = 1
        static let call: UInt8 = 2
    }

    /// Bytes of a mark before its variable parts.
    private static let markByteCount = 5

    static func append(_ record: TokenRecord, to bytes: inout [UInt8]) throws(FrameError) {
        bytes.append(integer: record.thinkingTokens)
        try bytes.append("marks", count: record.marks.count, atMost: WireLimits.marksPerRecord)
        for mark in record.marks {
            bytes.append(integer: mark.offset)
            switch mark.kind {
            case .text: bytes.append(Kind.text)
            case .thinking: bytes.append(Kind.thinking)
            case .call(let head):
                bytes.append(Kind.call)
                try bytes.append("call_id", text: head.id, length: UInt8.self, atMost: WireLimits.callIDBytes)
                try bytes.append(
                    "tool",
                    text: head.name,
                    length: UInt16.self,
                    atMost: WireLimits.toolNameBytes
                )
            }
        }
    }

    /// Reads what belongs to a record whose text was read.
    static func read(into record: inout TokenRecord, _ reader: inout BodyReader) throws(FrameError) {
        record.thinkingTokens = try reader.integer("thinking_tokens")
        let limit = WireLimits.marksPerRecord
        let count = try reader.count("marks", atMost: limit, ofAtLeast: markByteCount)
        record.marks.reserveCapacity(count)
        let textByteCount = record.text.utf8.count
        for _ in 0..<count {
            let offset: UInt32 = try reader.integer("offset")
            guard offset >= record.marks.last?.offset ?? 0, Int(offset) <= textByteCount else {
                throw .malformed("offset of a mark is \(offset), of a text of \(textByteCount) bytes")
            }
            record.marks.append(OutputMark(offset: offset, try readKind(&reader)))
        }
    }

    private static func readKind(_ reader: inout BodyReader) throws(FrameError) -> OutputMark.Kind {
        let kind: UInt8 = try reader.integer("kind")
        switch kind {
        case Kind.text: return .text
        case Kind.thinking: return .thinking
        case Kind.call:
            let idByteCount = Int(try reader.integer("call_id_len", as: UInt8.self))
            let id = try reader.text("call_id", byteCount: idByteCount, atMost: WireLimits.callIDBytes)
            let nameByteCount = Int(try reader.integer("tool_len", as: UInt16.self))
            let name = try reader.text("tool", byteCount: nameByteCount, atMost: WireLimits.toolNameBytes)
            return .call(ToolCallHead(id: id, name: name))
        default: throw .malformed("kind of a mark is \(kind), 0 to 2 are known")
        }
    }
}
