internal import Contract

/// A stretch of an output that is all of one kind.
enum OutputPiece: Hashable, Sendable {
    case text(String)
    case thinking(String)
    case callBegan(ToolCallHead)
    /// The next stretch of the call's arguments.
    case arguments(String)
    /// What comes next is none of the call's.
    case callEnded
}

/// Cuts the records of one stream into pieces, at their marks.
///
/// Its only state is what the last mark said, so it depends on the committed records alone.
struct OutputPieces: Sendable {
    private var kind = OutputMark.Kind.text

    var isThinking: Bool { kind == .thinking }
    var isInCall: Bool { if case .call = kind { true } else { false } }

    mutating func pieces(of record: TokenRecord) -> [OutputPiece] {
        guard !record.marks.isEmpty else { return piece(record.text).map { [$0] } ?? [] }
        var pieces: [OutputPiece] = []
        let bytes = Array(record.text.utf8)
        var start = 0
        for mark in record.marks {
            let end = min(max(Int(mark.offset), start), bytes.count)
            if let piece = piece(String(decoding: bytes[start..<end], as: UTF8.self)) { pieces.append(piece) }
            start = end
            if case .call = kind { pieces.append(.callEnded) }
            if case .call(let head) = mark.kind { pieces.append(.callBegan(head)) }
            kind = mark.kind
        }
        if let piece = piece(String(decoding: bytes[start...], as: UTF8.self)) { pieces.append(piece) }
        return pieces
    }

    private func piece(_ text: String) -> OutputPiece? {
        guard !text.isEmpty else { return nil }
        switch kind {
        case .text: return .text(text)
        case .thinking: return .thinking(text)
        case .call: return .arguments(text)
        }
    }
}
