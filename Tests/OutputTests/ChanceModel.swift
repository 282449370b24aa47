import Constraints
import Contract
import JSON
import TestSupport
import Testing

@testable import Output

/// A model that says what chance makes of what it may say, and comes to an end: first it wanders, and then it
/// closes what is open.
struct ChanceModel {
    /// What a token is good for on the way to an end.
    private enum Kind: CaseIterable {
        /// Ends a string, or begins one.
        case quote
        case tag
        case line
        /// Of the family's own, as a token or spelled out.
        case marker
        /// Ends an object, a list or a call.
        case bracket
        case printable
        case other
    }

    private static let tokenLimit = 300
    /// Tokens after which it does its best to come to an end.
    private static let patience = 24

    let name: String
    private let grammar: OutputGrammar
    private let tools: [JSONValue]
    private let tokens: [[UInt8]]
    private let kinds: [Kind]
    private let specials: [TokenID: String]
    private let trie: TokenTrie

    /// `hasSpecials`: the family's markers are special tokens, if they are no words.
    init(_ name: String, hasSpecials: Bool, tools: [JSONValue]) throws {
        let format = OutputFormat.of(template: "<think>", name: name) { _ in false }
        let markers = format.markerTexts.sorted()
        let isSpecial = { (text: String) in hasSpecials && ["<", "["].contains(text.prefix(1)) }
        grammar = OutputGrammar(format, isSpecial: isSpecial)
        var tokens: [[UInt8]] = (0...255).map { [$0] }
        for text in [
            "\": ", "\", \"", "{\"", "\"}", "search", "pick", "now", "name", "arguments", "it's", "'b", "</",
            "\n</", "parameter", "parameter>", "functions", "commentary", " to=", "query", "<|", "tool",
            "_call>", "true",
        ] { tokens.append(Array(text.utf8)) }
        var specials: [TokenID: String] = [:]
        for (place, marker) in markers.enumerated() where isSpecial(marker) {
            specials[TokenID(tokens.count + place)] = marker
        }
        kinds = tokens.map(Self.kind) + markers.map { _ in .marker }
        tokens += markers.map { Array($0.utf8) }
        let all = tokens
        self.name = name
        self.tools = tools
        self.tokens = tokens
        self.specials = specials
        trie = TokenTrie(
            tokenCount: tokens.count,
            signs: specials.mapValues { OutputGrammar.signBytes($0) },
            token: { (all[Int($0)], isMark: false) }
        )
    }

    private static func kind(_ token: [UInt8]) -> Kind {
        switch token.first {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): .quote
        case UInt8(ascii: "<"): .tag
        case UInt8(ascii: "\n"): .line
        case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ")"): .bracket
        default: token.allSatisfy { $0 >= 0x20 && $0 < 0x7F } ? .printable : .other
        }
    }

    private func parser() -> OutputParser {
        OutputParser(
            grammar,
            tools: Toolbox(tools),
            ids: CallIDs(.prefixed, prefix: "call_", seed: (1, 2))
        )
    }

    func compile(_ demand: AnswerDemand) throws -> CompiledConstraint {
        try CompiledConstraint(grammar.outline(of: demand, behind: parser()))
    }

    struct Answer {
        var text: String
        var events: [OutputEvent]

        /// Without what was thought.
        var said: [Told] {
            events.merged.told.filter { if case .thinking = $0 { false } else { true } }
        }
    }

    /// The answers of some seeds that came to their end, as most of them must.
    func answers(_ demand: AnswerDemand, seeds: Range<UInt64>) throws -> [Answer] {
        let constraint = TokenConstraint(try compile(demand), trie)
        var desk = ConstraintDesk()
        let answers = try seeds.compactMap { try answer(constraint, &desk, seed: $0) }
        #expect(answers.count * 3 >= seeds.count * 2, "\(name): \(answers.count) of \(seeds.count) ended")
        return answers
    }

    private func answer(
        _ constraint: TokenConstraint,
        _ desk: inout ConstraintDesk,
        seed: UInt64
    ) throws -> Answer? {
        var random = SplitMix64(seed: seed)
        let cursor = desk.open(constraint)
        defer { desk.close(cursor) }
        var parser = parser()
        var ids: [TokenID] = []
        var answer = Answer(text: "", events: [])
        while let choice = desk.choice(cursor) {
            let isLate = ids.count > Self.patience
            if desk.isComplete(cursor) || choice.mayEnd && (isLate || random.next() % 4 == 0) { break }
            guard ids.count < Self.tokenLimit else { return nil }
            let picked = pick(choice.tokens, isLate: isLate, &random)
            let next = try #require(picked, "seed \(seed): nothing may follow \(answer.text)")
            ids.append(TokenID(next))
            if let special = specials[TokenID(next)] {
                parser.push(token: special)
            } else {
                parser.push(tokens[next])
            }
            answer.text += String(decoding: tokens[next], as: UTF8.self)
            answer.events += parser.take()
            try desk.read(ids[...], cursor)
        }
        answer.events += parser.finish()
        return answer
    }

    private func pick(_ mask: TokenMask, isLate: Bool, _ random: inout SplitMix64) -> Int? {
        var allowed: [Kind: [Int]] = [:]
        for id in tokens.indices where mask.contains(TokenID(id)) {
            allowed[kinds[id], default: []].append(id)
        }
        // Where nearly everything may come, brackets end nothing.
        let isFree = (allowed[.printable]?.count ?? 0) > 80
        if random.next() % 8 < (isLate ? 7 : 2) {
            let ends: [Kind] = isFree ? [.quote, .tag, .line, .marker] : [.bracket, .marker, .quote, .tag]
            let known = ends.filter { allowed[$0] != nil }
            let isBracket = known.first == .bracket && random.next() % 4 > 0
            let kind = isBracket ? .bracket : known.randomElement(using: &random)
            if let kind { return allowed[kind]?.randomElement(using: &random) }
        }
        let readable = allowed[.printable] ?? Kind.allCases.flatMap { allowed[$0] ?? [] }
        return readable.randomElement(using: &random)
    }
}
