public import JSON

/// Turns text into the token ids of one model, and ids back into text.
///
/// Reads the `tokenizer.json` of Hugging Face repositories and gives the same ids, byte for byte. Five parts,
/// each a value of its own: added tokens are cut out first, the normalizer makes the rest uniform, the
/// pre-tokenizer cuts it into words, the model turns words into ids, the post-processor puts special tokens
/// around them; the decoder goes the other way.
///
/// Never changes after `init`, and may be used by any number of threads at once. All costs are linear in the
/// text (n log n within one word), whatever is in it.
public final class Tokenizer: Sendable {
    private let addedTokens: AddedTokens
    private let normalizer: Normalizer
    private let preTokenizer: PreTokenizer
    private let model: Model
    private let postProcessor: PostProcessor
    private let texts: TokenTexts

    /// Highest id + 1.
    public let vocabularySize: Int

    /// Takes a parsed `tokenizer.json`; everything in it is checked here, and nothing later can fail.
    public init(json: JSONValue) throws(TokenizerError) {
        guard json.objectValue != nil else {
            throw TokenizerError("the tokenizer file must be a JSON object")
        }
        let file = Field(value: json, path: "")
        model = try Model(file["model"])
        normalizer = try Normalizer(file["normalizer"])
        preTokenizer = try PreTokenizer(file["pre_tokenizer"])
        postProcessor = try PostProcessor(file["post_processor"])
        let decoder = try Decoder(file["decoder"])
        let vocabulary = model.vocabulary
        let addedTokens = try AddedTokens(file["added_tokens"], vocabulary, normalizer)
        self.addedTokens = addedTokens
        let highestAdded = addedTokens.tokens.map { Int($0.id) + 1 }.max() ?? 0
        vocabularySize = max(vocabulary.size, highestAdded)
        let added = Dictionary(addedTokens.tokens.map { ($0.id, $0.text) }) { first, _ in first }
        texts = TokenTexts(size: vocabularySize, decoder: decoder) { added[$0] ?? vocabulary.token($0) }
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

    /// The id of a token as the vocabulary writes it.
    public func id(of token: String) -> UInt32? {
        let bytes = Array(token.utf8)
        return addedTokens.id(of: bytes) ?? model.vocabulary.id(of: bytes)
    }

    public func isSpecial(_ id: UInt32) -> Bool { addedTokens.specialIDs.contains(id) }

    public func streamDecoder(skipSpecialTokens: Bool) -> StreamDecoder {
        StreamDecoder(texts: texts, skipped: skipSpecialTokens ? addedTokens.specialIDs : [])
    }

    private func encodePlain(_ text: String, parsesSpecial: Bool) -> [UInt32] {
        let scratch = EncodingScratch()
        var text = text
        text.withUTF8 { bytes in
            addedTokens.split(bytes, .raw, parsesSpecial: parsesSpecial) { piece in
                switch piece {
                case .token(let id): scratch.ids.append(id)
                case .text(let range):
                    normalizer.apply(to: bytes.part(range), scratch.match) { normalized in
                        encodeNormalized(normalized, isFirst: range.lowerBound == 0, parsesSpecial, scratch)
                    }
                }
            }
        }
        return scratch.ids
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
