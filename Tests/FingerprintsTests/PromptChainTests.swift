import Contract
import Testing

@testable import Fingerprints

@Suite struct `The links of a prompt` {
    private static let secret = Array(0..<32 as Range<UInt8>)

    private func links(
        _ prompt: Prompt,
        model: String = "m",
        tenant: String = "acme",
        group: String? = nil,
        secret: [UInt8] = Self.secret
    ) -> [PrefixLink] {
        var job = Job(id: JobID(high: 1, low: 2), model: model, prompt: prompt)
        job.routing.tenant = tenant
        job.routing.sharedScope = group
        var chain = PromptChain(secret: secret)
        return chain.links(of: job).map(\.link)
    }

    private func chat(_ messages: [(String, String)], _ more: String = "") -> Prompt {
        let texts = messages.map { #"{"role":"\#($0)","content":"\#($1)"}"# }
        return .chat(context: #"{\#(more)"messages":[\#(texts.joined(separator: ","))]}"#)
    }

    /// Links that two prompts have in common; where they have parted they have none.
    private func common(_ left: [PrefixLink], _ right: [PrefixLink]) -> Int {
        let count = zip(left, right).prefix { $0 == $1 }.count
        #expect(Set(left.dropFirst(count)).isDisjoint(with: right.dropFirst(count)))
        return count
    }

    /// The expected values are those of Python's hashlib.
    @Test func `are made with keyed BLAKE2b`() throws {
        let hash = try #require(KeyedHash(key: Self.secret, byteCount: 16))
        #expect(hex(hash.value(of: [Array("abc".utf8)])) == "1a64be47e4729d951c302ee543f97cf3")
        #expect(hex(hash.value(of: [[UInt8]]())) == "3daf97bce7888fd59773c66bf647459c")
        #expect(
            hex(hash.value(of: [Array("ab".utf8), Array("c".utf8)])) == "1a64be47e4729d951c302ee543f97cf3"
        )
        #expect(links(.tokens([1, 2, 3])).map(\.description) == ["fde3c02938c174e49f4667bd7e21630a"])
    }

    private func hex(_ bytes: [UInt8]?) -> String? {
        bytes?.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test func `are the same as far as two conversations are`() {
        let first = links(chat([("system", "Be brief."), ("user", "One?")]))
        let next = links(
            chat([("system", "Be brief."), ("user", "One?"), ("assistant", "Yes."), ("user", "Two?")])
        )
        #expect(first.count == 3)
        #expect(next.count == 5)
        #expect(common(first, next) == 3)
        #expect(common(first, links(chat([("system", "Be brief."), ("user", "Two?")]))) == 2)
        #expect(common(first, links(chat([("system", "Be long."), ("user", "One?")]))) == 1)
        #expect(common(first, links(chat([("user", "Be brief."), ("user", "One?")]))) == 1)
    }

    @Test func `know nothing of the time of day or of how the prompt is to end`() {
        let plain = links(chat([("user", "One?")]))
        let more = #""now":"2026-01-01T00:00:00","add_generation_prompt":true,"#
        #expect(links(chat([("user", "One?")], more)) == plain)
        #expect(common(links(chat([("user", "One?")], #""tools":[],"#)), plain) == 0)
        #expect(
            links(chat([("user", "One?")], #""b":1,"a":2,"#))
                == links(chat([("user", "One?")], #""a":2,"b":1,"#))
        )
    }

    @Test func `differ with tenant, model and secret, unless tenants share`() {
        let prompt = Prompt.text("The beginning of a text.")
        let own = links(prompt)
        #expect(own.count == 1)
        #expect(common(own, links(prompt, tenant: "other")) == 0)
        #expect(common(own, links(prompt, model: "n")) == 0)
        #expect(common(own, links(prompt, secret: Array(repeating: 7, count: 32))) == 0)
        let shared = links(prompt, group: "all")
        #expect(common(own, shared) == 0)
        #expect(links(prompt, tenant: "other", group: "all") == shared)
        #expect(common(shared, links(prompt, tenant: "all")) == 0)
        #expect(links(prompt, secret: []) == [])
    }

    @Test func `come every KiB inside a long text`() {
        let long = String(repeating: "0123456789abcdef", count: 1000)
        let all = links(.text(long))
        #expect(all.count == 16)
        let other = links(.text(String(long.prefix(5000)) + "else" + String(long.dropFirst(5004))))
        #expect(common(all, other) == 4)
        #expect(common(all, links(.text(String(long.prefix(5000))))) == 4)
        let message = links(chat([("system", long), ("user", "One?")]))
        #expect(message.count == 1 + 16 + 1)
    }

    @Test(arguments: [1 << 16, 1 << 20, 4 << 20])
    func `are never too many, and reach the end of the longest prompt`(byteCount: Int) {
        let chunks = PromptChunks(.text(String(repeating: "x", count: byteCount)))
        #expect(chunks.cuts.count <= PromptLink.countLimit)
        #expect(chunks.cuts.last?.end == chunks.bytes.count)
        let messages = (0..<2000).map { ("user", "message \($0)") }
        #expect(PromptChunks(chat(messages)).cuts.count <= PromptLink.countLimit)
    }

    @Test func `cannot be had by telling one message as two`() {
        let one = links(chat([("user", #"a\"}{\"role\":\"user\",\"content\":\"b"#)]))
        let two = links(chat([("user", "a"), ("user", "b")]))
        #expect(common(one, two) == 1)
    }

    @Test func `tell about how many tokens stand before them`() {
        var job = Job(
            id: JobID(high: 1, low: 2),
            model: "m",
            prompt: .tokens(Array(repeating: 5, count: 600))
        )
        var chain = PromptChain(secret: Self.secret)
        #expect(chain.links(of: job).map(\.tokens) == [256, 512, 600])
        job.limits.promptTokens = 10
        #expect(chain.links(of: job).isEmpty)
        job.limits.promptTokens = nil
        job.task = .count
        #expect(chain.links(of: job).isEmpty)
    }
}
