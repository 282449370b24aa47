import JSON
import TestSupport
import Testing
import Tokenizer

/// Every string of llama.cpp's own tests, and the project's strings as llama.cpp reads them.
@Suite(.enabled(if: SharedFixtures.has("tokenizers/llamacpp"), "the golden files are not beside the package"))
struct `The vocabulary of a GGUF file` {
    static let names = ["gpt-2", "phi-3", "bert-bge", "deepseek-llm"]

    /// Each is read once.
    private static let tokenizers: [String: Result<Tokenizer, any Error>] = Dictionary(
        uniqueKeysWithValues: names.map { name in
            let path = SharedFixtures.path("tokenizers/llamacpp/ggml-vocab-\(name).gguf")
            return (
                name,
                Result { try Tokenizer(gguf: GGUFMetadata(try TestFile.bytes(of: path)).vocabulary) }
            )
        }
    )

    private func tokenizer(_ name: String) throws -> Tokenizer {
        try #require(Self.tokenizers[name]).get()
    }

    @Test(arguments: names) func `gives the ids of llama.cpp`(name: String) throws {
        let tokenizer = try tokenizer(name)
        let golden = try SharedFixtures.json("tokenizers/llamacpp/\(name).json")
        let pairs = golden["inp_out"]?.arrayValue ?? []
        let cases = golden["cases"]?.arrayValue ?? []
        #expect(pairs.count >= 46 && cases.count > 200)
        for entry in pairs + cases {
            let text = try #require(entry["text"]?.stringValue)
            let ids = try #require(entry["ids"]?.ids)
            let plain = tokenizer.encode(text, addSpecialTokens: false, parseSpecialTokens: false)
            #expect(plain == ids, "\(text.debugDescription)")
        }
        for entry in cases {
            let text = try #require(entry["text"]?.stringValue)
            let parsed = entry["ids_parse_special"]?.ids ?? entry["ids"]?.ids
            #expect(tokenizer.encode(text, addSpecialTokens: false) == parsed, "\(text.debugDescription)")
            let whole = entry["ids_add_special"]?.ids ?? parsed
            #expect(tokenizer.encode(text, addSpecialTokens: true) == whole, "\(text.debugDescription)")
        }
    }

    @Test(arguments: names) func `gives back the text, at once and streamed`(name: String) throws {
        let tokenizer = try tokenizer(name)
        let golden = try SharedFixtures.json("tokenizers/llamacpp/\(name).json")
        for entry in golden["cases"]?.arrayValue ?? [] {
            let text = try #require(entry["text"]?.stringValue)
            let ids = try #require(entry["ids"]?.ids)
            let decoded = tokenizer.decode(ids, skipSpecialTokens: false)
            var stream = tokenizer.streamDecoder(skipSpecialTokens: false)
            #expect(ids.map { stream.push($0) }.joined() + stream.flush() == decoded)
            // BERT's tokens keep neither case nor space, and a filler in the text comes back as a space.
            guard name != "bert-bge" else { continue }
            let expected =
                name == "phi-3"
                ? text.unicodeScalars.map { $0 == "▁" ? " " : $0 } : Array(text.unicodeScalars)
            #expect(Array(decoded.unicodeScalars) == expected, "\(text.debugDescription)")
        }
    }
}
