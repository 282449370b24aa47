import Configuration
import JSON
import Testing

@testable import Chat

@Suite struct `A conversation` {
    @Test func `repeats what was said, with the system prompt in front`() {
        var conversation = Conversation(system: "Be brief.")
        conversation.append(question: "One?")
        conversation.append(answer: "1")
        conversation.append(question: "Two?")
        let body = conversation.request(model: "demo", ChatOptions(url: "http://h"))
        let expected: JSONValue = [
            "model": "demo",
            "messages": [
                ["role": "system", "content": "Be brief."], ["role": "user", "content": "One?"],
                ["role": "assistant", "content": "1"], ["role": "user", "content": "Two?"],
            ],
            "stream": true,
        ]
        #expect(body == expected)
    }

    @Test func `passes on only what the user chose`() {
        var options = ChatOptions(url: "http://h")
        options.maxTokenCount = 5
        options.temperature = 0
        options.seed = 7
        let body = Conversation(system: nil).request(model: "m", options)
        #expect(body["max_tokens"] == 5)
        #expect(body["temperature"]?.numberValue == 0)
        #expect(body["seed"] == 7)
        #expect(body["messages"] == [])
    }

    @Test func `forgets a question without an answer, and everything when told so`() {
        var conversation = Conversation(system: nil)
        conversation.append(question: "One?")
        conversation.dropQuestion()
        #expect(conversation.turns.isEmpty)
        conversation.append(question: "One?")
        conversation.append(answer: "1")
        conversation.dropQuestion()
        #expect(conversation.turns.count == 2)
        conversation.reset()
        #expect(conversation.turns.isEmpty)
    }
}
