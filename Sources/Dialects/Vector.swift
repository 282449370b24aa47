internal import Contract
internal import JSON

/// The vector of a text, or its score.
struct Vector {
    private(set) var numbers: [Float]

    /// Only what a worker has written.
    init(_ text: String) throws(DialectError) {
        guard let numbers = VectorText.numbers(in: text), !numbers.isEmpty else {
            throw DialectError(.engineFailed, "the worker's answer is no vector")
        }
        self.numbers = numbers
    }

    var base64: String { VectorText.text(of: numbers) }

    var json: JSONValue { .array(numbers.map { .number(Double("\($0)") ?? Double($0)) }) }

    /// Its first numbers, made as long as 1 again: some models are trained so that their vectors may be cut.
    func cut(to count: Int?) throws(DialectError) -> Vector {
        guard let count, count != numbers.count else { return self }
        guard count < numbers.count else {
            throw .invalid("dimensions", "is \(count), and the model's vectors have \(numbers.count)")
        }
        let kept = numbers.prefix(count)
        let length = kept.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        var cut = self
        cut.numbers = kept.map { Float(Double($0) / max(length, 1e-12)) }
        return cut
    }
}
