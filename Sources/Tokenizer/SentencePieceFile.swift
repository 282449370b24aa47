/// What a SentencePiece model file says, as far as tokenizing needs it.
struct SentencePieceFile {
    enum PieceType: UInt64 {
        case normal = 1
        case unknown = 2
        case control = 3
        case userDefined = 4
        case unused = 5
        case byte = 6
    }

    struct Piece {
        var text: [UInt8] = []
        var score: Float = 0
        var type = PieceType.normal
    }

    enum Kind: UInt64 {
        case unigram = 1
        case bytePairs = 2
        case words = 3
        case characters = 4
    }

    var pieces: [Piece] = []
    var kind = Kind.unigram
    var treatsSpaceAsSuffix = false
    var fallsBackToBytes = false
    var unknownSurface = Array(" \u{2047} ".utf8)
    var characterMap: [UInt8] = []
    var addsDummyPrefix = true
    var removesExtraSpaces = true
    var escapesSpaces = true
    var hasDenormalizer = false

    init(_ bytes: [UInt8]) throws(TokenizerError) {
        var reader = ProtobufReader(bytes)
        while let (number, value) = try reader.next() {
            guard case .bytes(let range) = value else { continue }
            switch number {
            case 1:
                guard pieces.count < Int(Limits.highestID) else {
                    throw TokenizerError("the SentencePiece model has more than \(Limits.highestID) pieces")
                }
                pieces.append(try Self.piece(bytes, range))
            case 2: try readTrainer(bytes, range)
            case 3: try readNormalizer(bytes, range)
            case 5: if try Self.hasCharacterMap(bytes, range) { hasDenormalizer = true }
            default: continue
            }
        }
        try check()
    }

    private static func piece(_ bytes: [UInt8], _ range: Range<Int>) throws(TokenizerError) -> Piece {
        var piece = Piece()
        var reader = ProtobufReader(bytes, range)
        while let (number, value) = try reader.next() {
            switch (number, value) {
            case (1, .bytes(let text)): piece.text = Array(bytes[text])
            case (2, .single(let score)): piece.score = score
            case (3, .number(let type)): piece.type = PieceType(rawValue: type) ?? .normal
            default: continue
            }
        }
        return piece
    }

    private mutating func readTrainer(_ bytes: [UInt8], _ range: Range<Int>) throws(TokenizerError) {
        var reader = ProtobufReader(bytes, range)
        while let (number, value) = try reader.next() {
            switch (number, value) {
            case (3, .number(let value)):
                guard let kind = Kind(rawValue: value) else {
                    throw TokenizerError("the SentencePiece model is of the unknown type \(value)")
                }
                self.kind = kind
            case (24, .number(let flag)): treatsSpaceAsSuffix = flag != 0
            case (35, .number(let flag)): fallsBackToBytes = flag != 0
            case (44, .bytes(let text)): unknownSurface = Array(bytes[text])
            default: continue
            }
        }
    }

    private mutating func readNormalizer(_ bytes: [UInt8], _ range: Range<Int>) throws(TokenizerError) {
        var reader = ProtobufReader(bytes, range)
        while let (number, value) = try reader.next() {
            switch (number, value) {
            case (2, .bytes(let map)): characterMap = Array(bytes[map])
            case (3, .number(let flag)): addsDummyPrefix = flag != 0
            case (4, .number(let flag)): removesExtraSpaces = flag != 0
            case (5, .number(let flag)): escapesSpaces = flag != 0
            default: continue
            }
        }
    }

    private static func hasCharacterMap(
        _ bytes: [UInt8],
        _ range: Range<Int>
    ) throws(TokenizerError) -> Bool {
        var reader = ProtobufReader(bytes, range)
        while let (number, value) = try reader.next() {
            if number == 2, case .bytes(let map) = value, !map.isEmpty { return true }
        }
        return false
    }

    private func check() throws(TokenizerError) {
        guard !pieces.isEmpty else { throw TokenizerError("the SentencePiece model has no pieces") }
        guard !hasDenormalizer else {
            throw TokenizerError("the SentencePiece model has a denormalizer, which is not supported")
        }
        guard kind == .unigram || kind == .bytePairs else {
            throw TokenizerError("the SentencePiece model is of type \(kind); known are unigram, bytePairs")
        }
        var texts: Set<[UInt8]> = []
        for (id, piece) in pieces.enumerated() {
            func failure(_ problem: String) -> TokenizerError {
                TokenizerError("piece \(id) of the SentencePiece model \(problem)")
            }
            guard !piece.text.isEmpty else { throw failure("is empty") }
            guard piece.text.count <= Limits.addedTokenBytes * 2 else { throw failure("is too long") }
            guard piece.score.isFinite else { throw failure("has a score that is no number") }
            guard texts.insert(piece.text).inserted else { throw failure("stands there a second time") }
        }
        guard pieces.count(where: { $0.type == .unknown }) <= 1 else {
            throw TokenizerError("the SentencePiece model has more than one unknown piece")
        }
    }
}
