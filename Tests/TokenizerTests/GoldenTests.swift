import JSON
import TestSupport
import Testing
import Tokenizer

/// Every string and id list of the reference implementation.
@Suite(.enabled(if: SharedFixtures.has("tokenizers/hf"), "the golden files are not beside the package"))
struct `A tokenizer file of the hub` {
    static let families = ["llama3", "qwen3", "gemma", "bert", "mistral_v3"]

    @Test(arguments: families) func `gives the ids of the reference`(family: String) throws {
        let tokenizer = try SharedFixtures.tokenizer(family)
        let golden = try SharedFixtures.json("tokenizers/hf/\(family)/expected_encode.json")
        let cases = golden["cases"]?.arrayValue ?? []
        #expect(cases.count > 200)
        for entry in cases {
            let text = try #require(entry["text"]?.stringValue)
            #expect(
                tokenizer.encode(text, addSpecialTokens: false) == entry["ids"]?.ids,
                "\(text.debugDescription)"
            )
            #expect(tokenizer.encode(text, addSpecialTokens: true) == entry["ids_special"]?.ids)
        }
    }

    @Test(arguments: families) func `gives the ids of the reference for pairs`(family: String) throws {
        let tokenizer = try SharedFixtures.tokenizer(family)
        let golden = try SharedFixtures.json("tokenizers/hf/\(family)/expected_encode.json")
        let pairs = golden["pairs"]?.arrayValue ?? []
        #expect(!pairs.isEmpty)
        for entry in pairs {
            let first = try #require(entry["a"]?.stringValue)
            let second = try #require(entry["b"]?.stringValue)
            let result = tokenizer.encode(first, pair: second, addSpecialTokens: true)
            #expect(result.ids == entry["ids"]?.ids)
            #expect(result.typeIDs == entry["type_ids"]?.ids)
        }
    }

    @Test(arguments: families) func `gives back the text of what it encoded`(family: String) throws {
        let tokenizer = try SharedFixtures.tokenizer(family)
        let golden = try SharedFixtures.json("tokenizers/hf/\(family)/expected_encode.json")
        for entry in golden["cases"]?.arrayValue ?? [] {
            let text = try #require(entry["text"]?.stringValue)
            let ids = try #require(entry["ids"]?.ids)
            let decoded = tokenizer.decode(ids, skipSpecialTokens: false)
            #expect(Array(decoded.utf8) == Array((entry["decoded"]?.stringValue ?? text).utf8))
            let skipped = tokenizer.decode(try #require(entry["ids_special"]?.ids), skipSpecialTokens: true)
            #expect(Array(skipped.utf8) == Array((entry["decoded_skip_special"]?.stringValue ?? text).utf8))
        }
    }

    @Test(arguments: families) func `decodes broken ids as the reference does`(family: String) throws {
        let tokenizer = try SharedFixtures.tokenizer(family)
        let cases =
            try SharedFixtures.json("tokenizers/hf/\(family)/expected_decode.json")["cases"]?.arrayValue ?? []
        #expect(cases.count > 50)
        for entry in cases {
            let ids = try #require(entry["ids"]?.ids)
            for (key, skips) in [("decoded", false), ("decoded_skip_special", true)] {
                let expected = try #require(entry[key]?.stringValue)
                let decoded = tokenizer.decode(ids, skipSpecialTokens: skips)
                #expect(Array(decoded.utf8) == Array(expected.utf8), "\(ids)")
                var stream = tokenizer.streamDecoder(skipSpecialTokens: skips)
                #expect(ids.map { stream.push($0) }.joined() + stream.flush() == expected, "\(ids)")
            }
        }
    }

    @Test(arguments: families) func `streams what the reference streams`(family: String) throws {
        let tokenizer = try SharedFixtures.tokenizer(family)
        let cases =
            try SharedFixtures.json("tokenizers/hf/\(family)/expected_stream.json")["cases"]?.arrayValue ?? []
        #expect(cases.count >= 40)
        for entry in cases {
            let ids = try #require(entry["ids"]?.ids)
            var stream = tokenizer.streamDecoder(skipSpecialTokens: entry["skip_special"]?.boolValue ?? false)
            let chunks = ids.map { stream.push($0) } + [stream.flush()]
            #expect(Array(chunks.joined().utf8) == Array((entry["full"]?.stringValue ?? "").utf8))
        }
    }
}
