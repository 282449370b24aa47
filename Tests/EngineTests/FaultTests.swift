import Contract
import Engine
import KVCache
import Testing
import Transformer

@Suite struct `An engine whose model breaks` {
    @Test func `fails the sequences of that step and goes on with the next ones`() {
        var limits = EngineLimits()
        limits.sequences = 2
        let run = EngineRun(FaultyModel(.throwing, atStep: 3), limits)
        for number in 1...4 { run.submit(request(number)) }
        run.finish()
        for number in 1...2 {
            let outcome = run.outcome(JobID(number))
            #expect(outcome.end?.failure?.code == .engineFailed)
            #expect(outcome.end?.failure?.detail.contains("out of order") == true)
            #expect(outcome.ids == Array(EngineRun.alone(request(number)).ids.prefix(2)))
        }
        for number in 3...4 { #expect(run.outcome(JobID(number)) == EngineRun.alone(request(number))) }
    }

    @Test func `fails the one sequence whose logits are no numbers`() {
        let run = EngineRun(FaultyModel(.firstRowBroken, atStep: 3))
        for number in 1...3 { run.submit(request(number)) }
        run.finish()
        #expect(run.outcome(JobID(1)).end?.failure?.code == .engineFailed)
        for number in 2...3 { #expect(run.outcome(JobID(number)) == EngineRun.alone(request(number))) }
    }

    @Test func `fails a step that gives too few logits`() {
        let run = EngineRun(FaultyModel(.short, atStep: 1))
        run.submit(request(1))
        run.finish()
        #expect(run.outcome(JobID(1)).end?.failure?.code == .engineFailed)
    }
}

@Suite struct `A request that leaves no token to pick` {
    @Test func `is refused by what it asks for`() {
        let run = EngineRun(ScriptedModel())
        run.submit(request(1) { $0.sampling.allowedTokens = [.max] })
        run.submit(request(2))
        run.finish()
        let failure = run.outcome(JobID(1)).end?.failure
        #expect(failure?.code == .invalidRequest)
        #expect(failure?.detail.contains("allowed_token_ids") == true)
        #expect(run.outcome(JobID(2)) == EngineRun.alone(request(2)))
    }
}

/// The scripted model with one fault, once.
private final class FaultyModel: LanguageModel {
    enum Fault {
        case throwing
        case firstRowBroken
        case short
    }

    struct Broken: Error, CustomStringConvertible { var description: String { "out of order" } }

    private let model = ScriptedModel()
    private let fault: Fault
    private let faultyStep: Int
    private var stepCount = 0

    init(_ fault: Fault, atStep step: Int) {
        self.fault = fault
        faultyStep = step
    }

    var vocabularySize: Int { model.vocabularySize }
    var contextTokens: Int { model.contextTokens }
    var blockTokens: Int { model.blockTokens }
    var blockCount: Int { model.blockCount }

    func copyBlock(from source: BlockID, to target: BlockID) { model.copyBlock(from: source, to: target) }

    func forward(_ input: ForwardInput, into logits: inout [Float]) throws {
        stepCount += 1
        try model.forward(input, into: &logits)
        guard stepCount == faultyStep else { return }
        switch fault {
        case .throwing: throw Broken()
        case .firstRowBroken: logits[7] = .nan
        case .short: logits.removeLast()
        }
    }
}
