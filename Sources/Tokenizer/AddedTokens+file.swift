internal import JSON

/// Reading and checking the added tokens of a file.
extension AddedTokens {
    /// A token that the model has too keeps the model's id; the others are numbered behind the model's tokens
    /// in the order in which they come, whatever the file says.
    init(_ field: Field, _ vocabulary: Vocabulary, _ normalizer: Normalizer) throws(TokenizerError) {
        var tokens: [Token] = []
        var places: [[UInt8]: Int] = [:]
        var nextID = UInt32(truncatingIfNeeded: vocabulary.count)
        for element in field.isNull ? [] : try field.elements() {
            var token = try Self.token(element, normalizer)
            guard !token.content.isEmpty else { continue }
            if let place = places[token.content] {
                // The later description counts, but what was special stays special.
                token.id = tokens[place].id
                token.isSpecial = token.isSpecial || tokens[place].isSpecial
                tokens[place] = token
                continue
            }
            if let id = vocabulary.id(of: token.content) {
                token.id = id
            } else {
                token.id = nextID
                nextID += 1
            }
            places[token.content] = tokens.count
            tokens.append(token)
        }
        self.init(tokens, .leftmost)
    }

    private static func token(_ field: Field, _ normalizer: Normalizer) throws(TokenizerError) -> Token {
        let content = try field["content"].bytes()
        guard content.count <= Limits.addedTokenBytes else {
            throw field["content"].failure("is longer than \(Limits.addedTokenBytes) bytes")
        }
        let isSpecial = try field["special"].bool(default: false)
        let isNormalized = try field["normalized"].bool(default: !isSpecial)
        return Token(
            id: try field["id"].tokenID(),
            content: content,
            text: isNormalized ? normalizer.apply(to: content) : content,
            isSpecial: isSpecial,
            stripsLeft: try field["lstrip"].bool(default: false),
            stripsRight: try field["rstrip"].bool(default: false),
            isSingleWord: try field["single_word"].bool(default: false),
            isNormalized: isNormalized
        )
    }
}
