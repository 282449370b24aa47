import Contract
import Engine
import Foundation
import TestSupport
import Testing
import Transformer

/// Every answer is compared with that of the request alone, and every row of logits with all others after the
/// same tokens, by bits.
@Suite struct `What a model says` {
    /// More of them with `MILLRACE_SEEDS`.
    private static let seeds: Range<UInt64> =
        0..<(ProcessInfo.processInfo.environment["MILLRACE_SEEDS"].flatMap { UInt64($0) } ?? 2)

    @Test(arguments: ExactModel.included, [TransformerOptions.KVType.f32, .f16, .q8])
    func `is the same however it is computed`(model: ExactModel, kv: TransformerOptions.KVType) throws {
        try Identity(model, kv).check(Self.seeds)
    }

    @Test(
        .enabled(if: !ExactModel.packed.isEmpty, "needs the models of the shared fixtures"),
        arguments: ExactModel.packed
    )
    func `is the same for every type of weights`(model: ExactModel) throws {
        try Identity(model, .f16).check(Self.seeds)
    }
}

/// One model, one workload, many settings.
private struct Identity {
    private let model: ExactModel
    private let kv: TransformerOptions.KVType
    private let ledger = HistoryLedger()

    init(_ model: ExactModel, _ kv: TransformerOptions.KVType) {
        self.model = model
        self.kv = kv
    }

    func check(_ seeds: Range<UInt64>) throws {
        let plain = try model.open(ExactSetting.plain.options(kv))
        for seed in seeds {
            let workload = ExactWorkload(
                seed: seed,
                count: 16,
                vocabularySize: plain.vocabularySize,
                contextTokens: plain.contextTokens
            )
            var alone: [EngineRun.Outcome] = []
            for request in workload.requests {
                let run = EngineRun(
                    HistoryModel(plain, ledger, label: "\(model.name) alone"),
                    ExactSetting.plain.limits,
                    isAudited: false
                )
                run.submit(request)
                run.finish()
                alone.append(run.outcome(request.job))
            }
            let longest = zip(workload.requests, alone).map { $0.promptIDs.count + $1.ids.count }.max() ?? 1
            let setting = ExactSetting(seed: seed, longest: longest)
            try compare(workload, alone, setting, seed)
        }
        #expect(ledger.count > 100)
    }

    private func compare(
        _ workload: ExactWorkload,
        _ alone: [EngineRun.Outcome],
        _ setting: ExactSetting,
        _ seed: UInt64
    ) throws {
        let label = "\(model.name), seed \(seed): \(setting)"
        let opened = HistoryModel(try model.open(setting.options(kv)), ledger, label: label)
        let draft = setting.drafts ? try model.open(setting.options(kv)) : nil
        let first = EngineRun(opened, setting.limits, draft: draft, label: label)
        var random = SplitMix64(seed: seed)
        // What had been shown of those that were taken away: an end brings out held-back text as well.
        var moved: [JobID: EngineRun.Outcome] = [:]
        for request in workload.requests {
            first.submit(request)
            for _ in 0..<Int.random(in: 0...setting.pause, using: &random) { first.step() }
        }
        while first.hasWork {
            first.step()
            guard setting.moves, Int.random(in: 0...8, using: &random) == 0 else { continue }
            guard let request = workload.requests.randomElement(using: &random) else { continue }
            let shown = first.outcome(request.job)
            guard shown.end == nil, moved[request.job] == nil else { continue }
            first.cancel(request.job)
            moved[request.job] = shown
        }
        let second = EngineRun(opened, setting.limits, label: "\(label), second engine")
        for request in workload.requests {
            guard let shown = moved[request.job] else { continue }
            var rest = request
            rest.committed = shown.ids
            rest.attempt = Attempt.first.next
            second.submit(rest)
        }
        second.finish()
        for (request, expected) in zip(workload.requests, alone) {
            var outcome = moved[request.job] ?? first.outcome(request.job)
            if moved[request.job] != nil {
                let rest = second.outcome(request.job, Attempt.first.next)
                outcome.ids += rest.ids
                outcome.text += rest.text
                outcome.end = rest.end
            }
            #expect(outcome.ids == expected.ids, "\(label), job \(request.job)")
            #expect(outcome.text == expected.text, "\(label), job \(request.job)")
            #expect(outcome.end == expected.end, "\(label), job \(request.job)")
        }
    }
}
