import Edge
import Testing

@Suite struct `The name of a model in a request` {
    private let naming = ModelNaming(
        aliases: [
            "gpt-4o": "large", "gpt-*": "small", "gpt-4*": "medium", "claude-*": "large",
            "served": "shadowed",
        ],
        defaultModel: "fallback"
    )
    private let served = ["served", "large", "medium", "small"]

    @Test(arguments: [
        ("served", "served"),
        ("gpt-4o", "large"),
        ("gpt-4o-mini", "medium"),
        ("gpt-4", "medium"),
        ("gpt-3.5-turbo", "small"),
        ("gpt-", "small"),
        ("claude-opus", "large"),
        ("gpt", "fallback"),
        ("", "fallback"),
    ])
    func `means itself, its alias, the longest pattern, or the default`(name: String, model: String) {
        #expect(naming.resolve(name, among: served) == model)
    }

    @Test func `means nothing when nobody knows it and there is no default`() {
        #expect(ModelNaming().resolve("x", among: served) == nil)
        #expect(ModelNaming().resolve("served", among: served) == "served")
        #expect(ModelNaming(aliases: ["*": "large"]).resolve("x", among: served) == "large")
    }

    @Test func `does not read a star in the middle as a pattern`() {
        let naming = ModelNaming(aliases: ["a*b": "large"])
        #expect(naming.resolve("axb", among: served) == nil)
        #expect(naming.resolve("a*b", among: served) == "large")
    }
}
