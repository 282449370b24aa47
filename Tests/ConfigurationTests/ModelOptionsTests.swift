import Testing

@testable import Configuration

@Suite struct `The section of models` {
    private func read(_ text: String) throws -> ConfigFile {
        try ConfigFile(name: "c.json", bytes: Array(text.utf8))
    }

    private func complaint(_ text: String) -> String {
        do {
            _ = try read(text)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func `says of each model where it lies and what is wanted of it`() throws {
        let text = """
            {"models": {"b": {}, "a": {"path": "/m", "aliases": ["gpt-*"], "pinned": true, "replicas": 2,
              "load": "at-start", "idle_unload": 60, "kv_memory": "1G", "output_format": "plain"}}}
            """
        let section = try #require(try read(text).models)
        let models = try ModelReader(file: "c.json").read(section)
        #expect(models.map(\.name) == ["a", "b"])
        #expect(models[1] == ModelOptions.Model(name: "b", path: "b"))
        var model = ModelOptions.Model(name: "a", path: "/m")
        model.aliases = ["gpt-*"]
        model.isPinned = true
        model.replicas = 2
        model.loadsAtStart = true
        model.idleUnloadSeconds = 60
        model.kvMemoryBytes = 1 << 30
        model.outputFormat = "plain"
        #expect(models[0] == model)
    }

    @Test func `may be a list of what is loaded at the start, as ever`() throws {
        let file = try read(#"{"models": ["a", "b"]}"#)
        #expect(file.models == nil)
        #expect(file.values["models"]?.count == 2)
    }

    @Test(arguments: [
        (#"{"models": {"a": {"pin": true}}}"#, "c.json: unknown key models.a.pin; did you mean"),
        (#"{"models": {"a": {"load": "now"}}}"#, "c.json: models.a.load must be at-start or on-demand"),
        (#"{"models": {"a": {"replicas": 0}}}"#, "c.json: models.a.replicas must be"),
        (#"{"models": {"a": 1}}"#, "c.json: models.a must be an object"),
        (#"{"models": {"": {}}}"#, "c.json: models.: a model's name must have 1 to 255 bytes"),
        (#"{"admin": {"key": "x"}}"#, "c.json: unknown key admin.key"),
        (#"{"admin": {"keys": ["secret"]}}"#, "c.json: admin.keys[0] must be sha256:"),
        (#"{"admin": []}"#, "c.json: admin must be an object"),
    ])
    func `says what is wrong with its path`(text: String, sentence: String) {
        #expect(complaint(text).hasPrefix(sentence), "\(complaint(text))")
    }
}
