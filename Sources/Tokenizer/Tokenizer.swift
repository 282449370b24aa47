internal import Synchronization

/// Turns text into the token ids of one model, and ids back into text.
///
/// Reads the `tokenizer.json` of Hugging Face repositories, SentencePiece models and the vocabularies of GGUF
/// files, and gives the same ids as the programs they were made for. Five parts, each a value of its own:
/// added tokens are cut out first, the normalizer makes the rest uniform, the pre-tokenizer cuts it into
/// words, the model turns words into ids, the post-processor puts special tokens around them; the decoder
/// goes the other way.
///
/// Never changes after `init`, and may be used by any number of threads at once. All costs are linear in the
/// text (n log n within one word), whatever is in it.
public final class Tokenizer: Sendable {
    /// What a file is made of, checked.
    struct Parts {
        var addedTokens: AddedTokens
        var normalizer: Normalizer
        var preTokenizer: PreTokenizer
        var model: Model
        var postProcessor: PostProcessor
        var texts: TokenTexts
        /// Highest id + 1.
        var vocabularySize: Int
    }

    let addedTokens: AddedTokens
    private let normalizer: Normalizer
    private let preTokenizer: PreTokenizer
    private let model: Model
    private let postProcessor: PostProcessor
    let texts: TokenTexts
    /// Working memory that no call uses right now.
    private let idle = Mutex<[EncodingScratch]>([])

    /// Highest id + 1.
    public let vocabularySize: Int

    init(_ parts: Parts) {
        addedTokens = parts.addedTokens
        normalizer = parts.normalizer
        preTokenizer = parts.preTokenizer
        model = parts.model
        postProcessor = parts.postProcessor
        texts = parts.texts
        vocabularySize = parts.vocabularySize
    }

    /// The ids of `text`.
    ///
    /// Where `parseSpecialTokens` is false, special tokens in the text are ordinary text.
    public func encode(_ text: String, addSpecialTokens: Bool, parseSpecialTokens: Bool = true) -> [UInt32] {
        let ids = encodePlain(text, parsesSpecial: parseSpecialTokens)
        return postProcessor.apply(to: ids, addsSpecial: addSpecialTokens)
    }

    /// The ids of two texts as one, and for each id which of the two it belongs to.
    public func encode(
        _ text: String,
        pair: String,
        addSpecialTokens: Bool,
        parseSpecialTokens: Bool = true
    ) -> (ids: [UInt32], typeIDs: [UInt32]) {
        let first = encodePlain(text, parsesSpecial: parseSpecialTokens)
        let second = encodePlain(pair, parsesSpecial: parseSpecialTokens)
        return postProcessor.apply(to: first, pair: second, addsSpecial: addSpecialTokens)
    }

    /// The text of `ids`.
    ///
    /// Ids that no token has are left out.
    public func decode(_ ids: [UInt32], skipSpecialTokens: Bool) -> String {
        var decoder = streamDecoder(skipSpecialTokens: skipSpecialTokens)
        var text = ""
        for id in ids { decoder.push(id, into: &text) }
        decoder.flush(into: &text)
        return text
    }

    /// The bytes that a token adds to a text that has begun, whatever comes behind it; none if there is no
    /// such token.
    public func bytes(of id: UInt32) -> [UInt8] {
        switch texts.kind(id) {
        case .unknown: []
        case .byte(let byte): [byte]
        case .text: texts.withBytes(id, isFirst: false) { Array($0) }
        }
    }

    /// How many bytes a token adds to a text that has begun.
    public func byteCount(of id: UInt32) -> Int {
        switch texts.kind(id) {
        case .unknown: 0
        case .byte: 1
        case .text: texts.withBytes(id, isFirst: false) { $0.count }
        }
    }

    /// The id of a token as the vocabulary writes it.
    public func id(of token: String) -> UInt32? {
        let bytes = Array(token.utf8)
        return addedTokens.id(of: bytes) ?? model.vocabulary.id(of: bytes)
    }

    public func isSpecial(_ id: UInt32) -> Bool { addedTokens.specialIDs.contains(id) }

    public func streamDecoder(skipSpecialTokens: Bool) -> StreamDecoder {
        StreamDecoder(texts: texts, skipped: skipSpecialTokens ? addedTokens.skippedIDs : [])
    }

    private func encodePlain(_ text: String, parsesSpecial: Bool) -> [UInt32] {
        let scratch = idle.withLock { $0.popLast() } ?? EncodingScratch()
        var text = text
        text.withUTF8 { bytes in
            addedTokens.split(bytes, .raw, parsesSpecial: parsesSpecial) { piece in
                switch piece {
                case .token(let id): scratch.ids.append(id)
                case .text(let range):
                    let isFirst = range.lowerBound == 0
                    normalizer.apply(to: bytes.part(range), isFirst: isFirst, scratch.match) {
                        encodeNormalized($0, isFirst: isFirst && $1, parsesSpecial, scratch)
                    }
                }
            }
        }
        let ids = scratch.ids
        scratch.ids = []
        idle.withLock { if $0.count < Limits.idleScratches { $0.append(scratch) } }
        return ids
    }

    private func encodeNormalized(
        _ text: Bytes,
        isFirst: Bool,
        _ parsesSpecial: Bool,
        _ scratch: EncodingScratch
    ) {
        addedTokens.split(text, .normalized, parsesSpecial: parsesSpecial) { piece in
            switch piece {
            case .token(let id): scratch.ids.append(id)
            case .text(let range):
                preTokenizer.forEachWord(
                    in: text.part(range),
                    isFirst: isFirst && range.lowerBound == 0,
                    scratch
                ) { model.encode($0, scratch) }
            }
        }
    }
}
