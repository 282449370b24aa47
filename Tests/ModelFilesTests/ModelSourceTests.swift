import JSON
import ModelFiles
import Testing

@Suite struct `A model directory` {
    private let place: Workplace

    init() throws { place = try Workplace() }

    private var directory: ModelSource { get throws { try ModelSource(path: place.path) } }

    @Test func `with nothing but a tokenizer serves a tokenizer`() throws {
        try place.write("tokenizer.json", ["version": "1.0"])
        let directory = try directory
        guard case .json(let tokenizer) = try directory.tokenizer else {
            Issue.record("not tokenizer.json")
            return
        }
        #expect(tokenizer["version"] == "1.0")
        #expect(directory.chatTemplateSource == nil && directory.bosToken == nil && directory.eosToken == nil)
        #expect(directory.endTokenIDs.isEmpty)
        let config = #expect(throws: ModelFileError.self) { try directory.config }
        #expect(config?.file.hasSuffix("/config.json") == true)
        let weights = #expect(throws: ModelFileError.self) { try directory.openWeights() }
        #expect(weights?.file.hasSuffix("/model.safetensors") == true)
    }

    @Test func `that is not there is refused`() {
        #expect(throws: ModelFileError.self) { try ModelSource(path: "\(place.path)/missing") }
    }

    @Test func `knows every token that ends a generation`() throws {
        try place.write("config.json", ["eos_token_id": 7])
        #expect(try directory.endTokenIDs == [7])
        try place.write("generation_config.json", ["eos_token_id": [9, 3, 7]])
        #expect(try directory.endTokenIDs == [3, 7, 9])
        for wrong in [-1, 4_294_967_296, "7", [[7]], 1.5] as [JSONValue] {
            try place.write("generation_config.json", ["eos_token_id": wrong])
            let error = #expect(throws: ModelFileError.self) { try directory }
            #expect(error?.field == "eos_token_id")
        }
    }

    @Test func `knows its special tokens as strings and as objects`() throws {
        try place.write("special_tokens_map.json", ["bos_token": "<s>", "eos_token": "<e>"])
        #expect(try directory.bosToken == "<s>")
        try place.write("tokenizer_config.json", ["bos_token": ["content": "<t>"], "eos_token": nil])
        #expect(try directory.bosToken == "<t>")
        #expect(try directory.eosToken == "<e>")
    }

    @Test func `finds its chat template in every place that is in use`() throws {
        try place.write("tokenizer_config.json", ["chat_template": "plain"])
        #expect(try directory.chatTemplateSource == "plain")
        let named: JSONValue = [
            ["name": "default", "template": "d"], ["name": "tool_use", "template": "t"],
        ]
        try place.write("tokenizer_config.json", ["chat_template": named])
        #expect(try directory.chatTemplates == ["default": "d", "tool_use": "t"])
        try place.write("chat_template.json", ["chat_template": "document"])
        #expect(try directory.chatTemplates == ["default": "document", "tool_use": "t"])
        try place.write("chat_template.jinja", Array("own file".utf8))
        #expect(try directory.chatTemplateSource == "own file")
        try place.write("additional_chat_templates/rag.jinja", Array("further".utf8))
        #expect(try directory.chatTemplates["rag"] == "further")
        try place.write("tokenizer_config.json", ["chat_template": [["name": "default"]]])
        #expect(throws: ModelFileError.self) { try directory }
    }

    @Test func `opens its weights from one file or from shards`() throws {
        try place.write("one.safetensors", Draft.vectors([("a", 3)]).bytes)
        try place.write("model.safetensors.index.json", ["weight_map": ["a": "one.safetensors"]])
        #expect(try directory.openWeights().names == ["a"])
        try place.write("model.safetensors", Draft.vectors([("b", 3)]).bytes)
        #expect(try directory.openWeights().names == ["b"])
    }

    @Test func `names the file that is not JSON`() throws {
        try place.write("tokenizer_config.json", Array("{".utf8))
        let error = #expect(throws: ModelFileError.self) { try directory }
        #expect(error?.file.hasSuffix("tokenizer_config.json") == true)
    }
}
