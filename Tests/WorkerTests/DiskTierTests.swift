import Contract
import Engine
import EventLoop
import Glibc
import Messaging
import ModelFiles
import PrefixStore
import Telemetry
import TestSupport
import Testing
import Transformer

@testable import Worker

/// The demo model behind engines that come and go, over one directory of prefixes.
private final class Lives {
    let folder: TestFolder
    let served: ServedModel
    let configuration: WorkerConfiguration

    init(_ change: (inout TransformerOptions) -> Void = { _ in }) throws {
        folder = try TestFolder()
        let path = PackageFolder.path + "/Sources/millrace/Resources/demo-model"
        served = try ServedModel(path: path, name: "demo")
        var options = TransformerOptions(memory: .blocks(800))
        change(&options)
        configuration = WorkerConfiguration(
            coordinator: try Endpoint("inproc://nobody", allowInsecure: false),
            models: [served],
            options: options
        )
    }

    func open() throws -> PrefixStore {
        let descriptor = Glibc.open(folder.path + "/log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        return try PrefixStore(
            directory: folder.path + "/prefixes",
            limits: PrefixLimits(minTokens: 1),
            log: Log(role: "test", descriptor: descriptor)
        )
    }

    func start(_ store: PrefixStore?) throws -> Life {
        try Life(configuration, served, store)
    }
}

/// One engine, driven by hand.
private struct Life: ~Copyable {
    private var engine: Engine
    private let bell: Doorbell
    private var jobCount: UInt64 = 0

    init(_ configuration: WorkerConfiguration, _ served: ServedModel, _ store: PrefixStore?) throws {
        let bell = try Doorbell()
        engine = try configuration.makeEngine(
            for: served,
            telling: EngineFacts(),
            prefixes: store,
            bell: bell,
            log: Log(role: "test", level: .error)
        )
        self.bell = bell
    }

    /// Ids, drawn, so that a wrong logit is likely to show, and how many tokens of the prompt were cached.
    mutating func answer(_ prompt: [TokenID]) -> (ids: [TokenID], cached: UInt32) {
        jobCount += 1
        var request = GenerationRequest(
            job: JobID(high: 0, low: jobCount),
            promptIDs: prompt,
            decoder: ByteDecoder()
        )
        request.limits.maxTokens = 24
        request.limits.ignoresEnd = true
        request.sampling.temperature = 1
        request.sampling.seed = 7
        engine.submit(request)
        var ids: [TokenID] = []
        var cached: UInt32 = 0
        var hasEnded = false
        while !hasEnded {
            for record in engine.step(at: .zero) {
                ids += record.ids
                cached = record.opening?.cachedTokens ?? cached
                hasEnded = hasEnded || record.end != nil
            }
            if engine.waitsForTier { bell.wait() }
        }
        return (ids, cached)
    }
}

@Suite struct `Prefixes on disk under a real model` {
    private func prompt(_ count: Int, seed: UInt64 = 1) -> [TokenID] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in TokenID.random(in: 16..<2000, using: &random) }
    }

    @Test(arguments: [
        (TransformerOptions.KVType.f16, 16, 1), (.f32, 16, 2), (.f16, 5, 2), (.f16, 64, 1), (.q8, 16, 2),
    ])
    func `give the same tokens cold, from memory, from disk and after a restart`(
        kv: TransformerOptions.KVType,
        blockTokens: Int,
        threads: Int
    ) throws {
        let lives = try Lives {
            ($0.kv, $0.blockTokens, $0.threads) = (kv, blockTokens, threads)
        }
        let prompt = prompt(400)
        let whole = UInt32(399 / blockTokens * blockTokens)
        var plain = try lives.start(nil)
        let cold = plain.answer(prompt).ids

        let store = try lives.open()
        var first = try lives.start(store)
        #expect(first.answer(prompt) == (cold, 0))
        #expect(first.answer(prompt) == (cold, 399), "from memory")
        store.stop()

        let reopened = try lives.open()
        var second = try lives.start(reopened)
        #expect(second.answer(prompt) == (cold, whole), "after a restart")
        var third = try lives.start(reopened)
        #expect(third.answer(prompt) == (cold, whole), "from disk")
        // A text that parts from it in the middle of a segment.
        let other = Array(prompt.prefix(300)) + self.prompt(50, seed: 2)
        #expect(third.answer(other).cached >= 300)
        #expect(third.answer(other).ids == plain.answer(other).ids)
        #expect(reopened.counters.damagedSegments == 0)
        reopened.stop()
    }

    @Test func `outlive the engine that they come from`() throws {
        let lives = try Lives()
        let store = try lives.open()
        do {
            var life = try lives.start(store)
            for seed in 1...4 { _ = life.answer(prompt(400, seed: UInt64(seed))) }
        }
        // The engine has gone; its memory has not, before all of it is written.
        store.stop()
        let reopened = try lives.open()
        var later = try lives.start(reopened)
        for seed in 1...4 { #expect(later.answer(prompt(400, seed: UInt64(seed))).cached == 384) }
        reopened.stop()
    }
}

@Suite struct `The identity of a model's prefixes` {
    private func identity(_ lives: Lives) throws -> PrefixIdentity? {
        let model = try TransformerModel(source: lives.served.source, options: lives.configuration.options)
        return try lives.configuration.prefixIdentity(of: lives.served, model)
    }

    @Test func `is the same for the same, and another for another way of computing`() throws {
        let own = try #require(try identity(Lives()))
        #expect(try identity(Lives { $0.threads = 2 }) == own)
        #expect(try identity(Lives { $0.memory = .blocks(7) }) == own)
        #expect(try identity(Lives { $0.kv = .f32 }) != own)
        #expect(try identity(Lives { $0.blockTokens = 8 }) != own)
        #expect(try identity(Lives { $0.kernels = .portable }) != own)
        #expect(try identity(Lives { $0.quantization = .q8 }) != own)
        #expect(try identity(Lives { $0.activations = .exact }) != own)
    }

    @Test func `tells trainings and edits of one model apart`() throws {
        let original = PackageFolder.path + "/Sources/millrace/Resources/demo-model"
        let folder = try TestFolder()
        for name in try TestFile.names(in: original) where name.contains(".") {
            try folder.write(name, try TestFile.bytes(of: "\(original)/\(name)"))
        }
        let weights = folder.path + "/model.safetensors"
        func fingerprint() throws -> [UInt8] {
            try ModelFingerprint.bytes(of: try ModelSource(path: folder.path))
        }
        var status = stat()
        try #require(stat(weights, &status) == 0)
        let times = [status.st_atim, status.st_mtim]
        let own = try fingerprint()
        #expect(try fingerprint() == own)
        // The last byte of the file is the last of a tensor.
        var bytes = try TestFile.bytes(of: weights)
        bytes[bytes.count - 1] ^= 1
        try TestFile.write(bytes, to: weights)
        try #require(utimensat(AT_FDCWD, weights, times, 0) == 0)
        #expect(try fingerprint() != own)
        bytes[bytes.count - 1] ^= 1
        try TestFile.write(bytes, to: weights)
        try #require(utimensat(AT_FDCWD, weights, times, 0) == 0)
        #expect(try fingerprint() == own)
        let later = [
            times[0], timespec(tv_sec: times[1].tv_sec, tv_nsec: (times[1].tv_nsec + 1) % 1_000_000_000),
        ]
        try #require(utimensat(AT_FDCWD, weights, later, 0) == 0)
        #expect(try fingerprint() != own)
    }
}
