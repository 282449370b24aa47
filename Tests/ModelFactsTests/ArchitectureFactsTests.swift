import JSON
import Testing

@testable import ModelFacts

@Suite struct `The sizes of a model` {
    private func facts(_ text: String) throws -> ArchitectureFacts {
        ArchitectureFacts(try JSONValue(parsing: text))
    }

    @Test func `are read from any family`() throws {
        let facts = try facts(
            #"{"model_type":"unheard_of","num_hidden_layers":4,"hidden_size":64,"num_attention_heads":4,"#
                + #""num_key_value_heads":2,"intermediate_size":160,"vocab_size":900,"#
                + #""max_position_embeddings":4096,"rope_theta":1e6,"num_local_experts":8,"#
                + #""num_experts_per_tok":2,"rope_scaling":{"type":"linear","factor":2.5}}"#
        )
        #expect(facts.family == "unheard_of")
        #expect(facts.headSize == 16)
        #expect(facts.expertCount == 8 && facts.activeExpertCount == 2)
        #expect(facts.ropeScaling == "linear × 2.5")
        #expect(facts.ropeBase == 1_000_000)
        #expect(facts.keyValueBytes(elementBytes: 2, layerCount: 4) == 2 * 4 * 2 * 16 * 2)
    }

    @Test func `of a model that sees are those of its language part`() throws {
        let facts = try facts(
            #"{"model_type":"gemma3","text_config":{"model_type":"gemma3_text","hidden_size":64,"#
                + #""num_hidden_layers":7}}"#
        )
        #expect(facts.family == "gemma3")
        #expect(facts.layerCount == 7 && facts.hiddenSize == 64)
    }

    @Test func `may be missing or nonsense`() throws {
        for text in ["{}", "[]", "7", #"{"hidden_size":-1,"num_attention_heads":"x","head_dim":1e300}"#] {
            let facts = try facts(text)
            #expect(facts.hiddenSize == nil && facts.headCount == nil && facts.headSize == nil)
            #expect(KeyValueFacts(facts, elementBytes: 2) == nil)
        }
        let zero = try facts(#"{"hidden_size":64,"num_attention_heads":0}"#)
        #expect(zero.headSize == nil)
    }

    @Test(arguments: [
        (#""layer_types":["sliding_attention","full_attention","sliding_attention","full_attention"]"#, 2),
        (#""sliding_window_pattern":2"#, 2), (#""model_type":"gemma2""#, 2), (#""max_window_layers":3"#, 1),
        (#""max_window_layers":9"#, 0), (#""x":1"#, 4),
    ])
    func `say which layers see only a window`(rule: String, layerCount: Int) throws {
        let facts = try facts(#"{"num_hidden_layers":4,"sliding_window":32,\#(rule)}"#)
        #expect(facts.windowTokenCount == 32)
        #expect(facts.windowedLayerCount == layerCount)
    }

    @Test func `say where a window is not used`() throws {
        let facts = try facts(#"{"num_hidden_layers":4,"sliding_window":32,"use_sliding_window":false}"#)
        #expect(facts.windowTokenCount == nil && facts.windowedLayerCount == 0)
    }
}

@Suite struct `The memory of a conversation` {
    private func facts(_ more: String) throws -> KeyValueFacts? {
        let text =
            #"{"num_hidden_layers":4,"hidden_size":64,"num_attention_heads":4,"#
            + #""max_position_embeddings":1000\#(more)}"#
        return KeyValueFacts(ArchitectureFacts(try JSONValue(parsing: text)), elementBytes: 2)
    }

    @Test func `grows with every token`() throws {
        let facts = try #require(try facts(""))
        #expect(facts.bytesPerToken == 2 * 4 * 4 * 16 * 2)
        #expect(facts.fullContextBytes == facts.bytesPerToken * 1000)
        #expect(facts.windowedContextBytes == nil)
    }

    @Test func `is less for layers with a window`() throws {
        let facts = try #require(try facts(#","sliding_window":100,"sliding_window_pattern":4"#))
        let perLayer = 2 * 4 * 16 * 2
        #expect(facts.windowedContextBytes == perLayer * 1000 + 3 * perLayer * 100)
        let wide = try #require(try self.facts(#","sliding_window":5000"#))
        #expect(wide.windowedContextBytes == wide.fullContextBytes)
    }

    @Test func `is not guessed for other designs`() throws {
        #expect(try facts(#","kv_lora_rank":512"#) == nil)
    }

    @Test func `may be larger than any number`() throws {
        let huge = #"{"num_hidden_layers":1000000000000,"num_attention_heads":1000000000000,"head_dim":8}"#
        #expect(KeyValueFacts(ArchitectureFacts(try JSONValue(parsing: huge)), elementBytes: 2) == nil)
    }

    @Test(arguments: [
        (1000 + 400 * 9000, 9000, Fit.Verdict.fullContext, 9000),
        (1000 + 400 * 9000 - 1, 9000, .eightThousandTokens, 8999), (1000 + 400 * 8191, 9000, .no, 8191),
        (1000 + 400 * 50, 100, .no, 50), (1 << 50, 100, .fullContext, 100), (10, 100, .no, 0),
    ])
    func `fits or does not`(available: Int, context: Int, verdict: Fit.Verdict, tokenCount: Int) throws {
        var keyValues = try #require(try facts(""))
        keyValues.bytesPerToken = 400
        let fit = Fit(
            weightBytes: 1000,
            keyValues: keyValues,
            contextTokenCount: context,
            availableBytes: available
        )
        #expect(fit?.verdict == verdict)
        #expect(fit?.tokenCount == tokenCount)
    }
}
