import Load
import Testing

@Suite struct `A prompt maker` {
    @Test func `shares the beginning and nothing else`() {
        let maker = PromptMaker(seed: 7)
        let prompts = (1...20).map { maker.prompt(number: $0, wordCount: 40, sharedWordCount: 25) }
        let words = prompts.map { $0.split(separator: " ") }
        #expect(words.allSatisfy { $0.count == 40 })
        #expect(Set(words.map { $0.prefix(25) }).count == 1)
        #expect(Set(words.map { $0[25...].prefix(2) }).count == 20)
    }

    @Test func `makes equal prompts of equal seeds only`() {
        let prompt = { (seed: UInt64) in
            PromptMaker(seed: seed).prompt(number: 3, wordCount: 9, sharedWordCount: 0)
        }
        #expect(prompt(1) == prompt(1))
        #expect(prompt(1) != prompt(2))
        #expect(PromptMaker(seed: 1).prompt(number: 1, wordCount: 0, sharedWordCount: 5).isEmpty)
    }
}
