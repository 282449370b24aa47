import Contract
import TestSupport
import Testing
import Wire

@Suite struct `A frame` {
    @Test(arguments: MessageKind.allCases)
    func `gives back the message that it was made of`(kind: MessageKind) throws {
        for seed in UInt64(0)..<2000 {
            var random = SplitMix64(seed: seed)
            let envelope = random.envelope(kind)
            let bytes = try FrameCodec.encode(envelope)
            let decoded = try FrameCodec.decode(bytes)
            try #require(decoded == .envelope(envelope), "seed \(seed)")
            // Swift compares texts by meaning, a wire by bytes.
            guard case .envelope(let again) = decoded else { continue }
            try #require(try FrameCodec.encode(again) == bytes, "seed \(seed)")
        }
    }

    @Test func `appends to a buffer without touching what is in it`() throws {
        var random = SplitMix64(seed: 7)
        var bytes: [UInt8] = [1, 2, 3]
        let envelope = random.envelope(.tokens)
        try FrameCodec.append(envelope, to: &bytes)
        #expect(Array(bytes[3...]) == (try FrameCodec.encode(envelope)))
        #expect(bytes[..<3] == [1, 2, 3])
        let before = bytes
        let name = String(repeating: "x", count: 300)
        let tooLong = Message.models([ModelCard(name: name, contextTokens: 1)])
        #expect(throws: FrameError(.tooLarge, "models[].name in bytes is 300, the limit is 255")) {
            try FrameCodec.append(Envelope(header: envelope.header, message: tooLong), to: &bytes)
        }
        #expect(bytes == before)
    }

    @Test func `carries every finite float bit for bit`() throws {
        var random = SplitMix64(seed: 11)
        var floats: [Float] = [
            0, -0.0, 0.1, 7.038531e-26, 1e16, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
            .leastNormalMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 16_777_216,
            16_777_215,
        ]
        for _ in 0..<20_000 { floats.append(random.float()) }
        for chunk in stride(from: 0, to: floats.count, by: 4000) {
            let part = floats[chunk..<min(chunk + 4000, floats.count)]
            var job = Job(id: JobID(high: 1, low: 2), model: "m", prompt: .text(""))
            job.sampling.bias = part.map { TokenBias(token: 0, bias: $0) }
            let message = Message.submit(Submission(job: job, attempt: .first))
            let bytes = try FrameCodec.encode(Envelope(header: .zero, message: message))
            guard case .envelope(let envelope) = try FrameCodec.decode(bytes),
                case .submit(let submission) = envelope.message
            else {
                Issue.record("no submission came back")
                return
            }
            let bits = submission.job.sampling.bias.map(\.bias.bitPattern)
            #expect(bits == part.map(\.bitPattern))
        }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func `is not written with a number that JSON cannot hold`(value: Float) {
        var job = Job(id: JobID(high: 1, low: 2), model: "m", prompt: .text(""))
        job.sampling.temperature = value
        let message = Message.submit(Submission(job: job, attempt: .first))
        #expect(throws: FrameError(.invalidRequest, "job.sampling.temperature must be finite")) {
            try FrameCodec.encode(Envelope(header: .zero, message: message))
        }
    }

    @Test func `of a type that nobody knows is skipped when its sender calls it optional`() throws {
        var bytes = try FrameCodec.encode(
            Envelope(header: LinkHeader(epoch: .zero, sequence: 9), message: .bye)
        )
        bytes[3] = 200
        bytes.seal()
        #expect(throws: FrameError(.unsupported, "type 200 is not known to this node")) {
            try FrameCodec.decode(bytes)
        }
        bytes[5] = 1
        bytes.seal()
        #expect(try FrameCodec.decode(bytes) == .skipped(LinkHeader(epoch: .zero, sequence: 9)))
    }

    @Test func `may have a longer header than this version knows`() throws {
        var random = SplitMix64(seed: 3)
        let envelope = random.envelope(.credit)
        var bytes = try FrameCodec.encode(envelope)
        bytes.insert(contentsOf: [UInt8](repeating: 0xEE, count: 8), at: 48)
        bytes[7] = 56
        bytes.seal()
        #expect(try FrameCodec.decode(bytes) == .envelope(envelope))
    }

    @Test func `of another version is told apart from a broken one`() throws {
        var bytes = try FrameCodec.encode(Envelope(header: .zero, message: .drain))
        bytes[2] = 2
        #expect(throws: FrameError(.unsupportedVersion, "version is 2, this node speaks 1")) {
            try FrameCodec.decode(bytes)
        }
    }
}

extension LinkHeader {
    static let zero = LinkHeader(epoch: .zero, sequence: 0)
}

extension BootEpoch {
    static let zero = BootEpoch(rawValue: 0)
}
