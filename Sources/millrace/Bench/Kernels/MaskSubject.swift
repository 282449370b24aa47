import Constraints
import Contract
import JSON
import Output

/// Finding out what a constraint lets come next, over a vocabulary as large as any.
struct MaskSubject {
    struct Cost {
        /// Seconds for a token of the first answers under a constraint, and of those that follow.
        var first: Double
        var later: Double
    }

    static let tokenCount = 151_936
    /// Bytes of weights that a step of a small model reads: 0.6 thousand million, of four bits.
    static let stepBytes = 0.35e9
    private static let answerTokens = 200
    private static let firstAnswers = 4
    private static let laterAnswers = 24

    private let trie: TokenTrie

    init() {
        let texts = Self.vocabulary()
        trie = TokenTrie(tokenCount: texts.count) { (texts[Int($0)], isMark: false) }
    }

    static let schema = """
        {"type":"object","properties":{"name":{"type":"string"},"city":{"type":"string","maxLength":40},
        "unit":{"enum":["celsius","fahrenheit"]},"days":{"type":"integer","minimum":1,"maximum":14},
        "tags":{"type":"array","items":{"type":"string"}}},"required":["name","city","unit"]}
        """

    /// What is measured, each under its name, and the seconds that compiling it took.
    static func constraints() throws -> [(name: String, constraint: CompiledConstraint, seconds: Double)] {
        func compiled(_ name: String, _ outline: OutlineRules) throws -> (String, CompiledConstraint, Double)
        {
            let began = ContinuousClock.now
            let constraint = try CompiledConstraint(outline)
            return (name, constraint, (ContinuousClock.now - began) / .seconds(1))
        }
        func like(_ kind: OutputConstraint.Kind, _ source: String) -> OutlineRules {
            OutlineRules([.like(OutputConstraint(kind, source))])
        }
        return [
            try compiled("JSON Schema", like(.schema, schema)),
            try compiled("regex [a-z ]{1,400}", like(.regex, "[a-z ]{1,400}")),
            try compiled("call of a tool", try call(ofOneOf: 1)),
            try compiled("call of one of 500 tools", try call(ofOneOf: 500)),
        ]
    }

    /// A call that has to come, of one of some tools with parameters of their own.
    private static func call(ofOneOf count: Int) throws -> OutlineRules {
        let grammar = OutputGrammar(OutputFormat.of(template: "<tool_call>") { _ in false }) { _ in false }
        let ids = CallIDs(.prefixed, prefix: "call_", seed: (0, 0))
        let parser = OutputParser(grammar, tools: Toolbox(), ids: ids)
        var demand = AnswerDemand(.none)
        for number in 0..<count {
            let parameters = try JSONValue(parsing: schema.replacing("\"tags\"", with: "\"tags_\(number)\""))
            let name = JSONValue.string("look_\(number)")
            demand.tools.append(["type": "function", "function": ["name": name, "parameters": parameters]])
            demand.strictTools.insert("look_\(number)")
        }
        return grammar.outline(of: demand, behind: parser)
    }

    func cost(of compiled: CompiledConstraint) throws -> Cost {
        let constraint = TokenConstraint(compiled, trie)
        var desk = ConstraintDesk()
        var row = [Float](repeating: 0, count: Self.tokenCount)
        var cost = Cost(first: 0, later: 0)
        var counts = (first: 0, later: 0)
        for answer in 0..<Self.firstAnswers + Self.laterAnswers {
            let began = ContinuousClock.now
            let count = try write(constraint, &desk, &row, seed: UInt32(answer))
            let seconds = (ContinuousClock.now - began) / .seconds(1)
            if answer < Self.firstAnswers {
                cost.first += seconds
                counts.first += count
            } else {
                cost.later += seconds
                counts.later += count
            }
        }
        cost.first /= Double(max(1, counts.first))
        cost.later /= Double(max(1, counts.later))
        return cost
    }

    /// An answer of some chance; returns its tokens.
    private func write(
        _ constraint: TokenConstraint,
        _ desk: inout ConstraintDesk,
        _ row: inout [Float],
        seed: UInt32
    ) throws -> Int {
        let cursor = desk.open(constraint)
        defer { desk.close(cursor) }
        var random = seed &* 2_654_435_761 &+ 1
        var ids: [TokenID] = []
        while ids.count < Self.answerTokens, !desk.isComplete(cursor), let choice = desk.choice(cursor) {
            choice.tokens.apply(to: &row, at: 0..<Self.tokenCount, besides: [])
            random = random &* 1_664_525 &+ 1_013_904_223
            // The next one that may come behind a place that chance picks.
            let start = Int(random >> 8) % Self.tokenCount
            let place = (0..<Self.tokenCount).first {
                choice.tokens.contains(TokenID(($0 + start) % Self.tokenCount))
            }
            guard let place else { break }
            ids.append(TokenID((place + start) % Self.tokenCount))
            try desk.read(ids[...], cursor)
        }
        return ids.count
    }

    /// Bytes, and pieces of words as byte-level vocabularies have them.
    private static func vocabulary() -> [[UInt8]] {
        let syllables = [
            "an", "ber", "co", "de", "el", "fi", "ga", "ho", "in", "ja", "ku", "lo", "ment", "ne", "or",
            "pre",
            "qu", "ra", "sion", "tu", "un", "ver", "wa", "xi", "yo", "zu", "st", "ing", "ed", "ly",
        ]
        let signs = [
            "", " ", "\"", "\",", "\":", "_", ".", "(", ")", "{\"", "'", "-", "\n", ", \"", "1", "20",
        ]
        var tokens: [[UInt8]] = (0...255).map { [$0] }
        var number = 0
        while tokens.count < tokenCount {
            var text = ""
            var rest = number / signs.count
            repeat {
                text += syllables[rest % syllables.count]
                rest /= syllables.count
            } while rest > 0
            let sign = signs[number % signs.count]
            // A sign of two ends a word as often as it begins one.
            tokens.append(Array((number % 3 == 0 ? text + sign : sign + text).utf8))
            number += 1
        }
        return tokens
    }
}
