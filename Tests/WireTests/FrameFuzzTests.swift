import Contract
import TestSupport
import Testing
import Wire

@Suite struct `Bytes of a hostile peer` {
    @Test func `are a message or an error, whatever was done to them`() throws {
        var random = SplitMix64(seed: 20_260_314)
        var decodedCount = 0
        var codes: [ErrorCode: Int] = [:]
        for round in 0..<24_000 {
            let kind = MessageKind.allCases[round % MessageKind.allCases.count]
            var bytes = try FrameCodec.encode(random.envelope(kind))
            mutate(&bytes, &random)
            if round % 2 == 0 { bytes.seal() }
            switch Result(catching: { () throws(FrameError) in try FrameCodec.decode(bytes) }) {
            case .success(.skipped): continue
            case .success(.envelope(let envelope)):
                decodedCount += 1
                // What was accepted can be passed on.
                #expect(throws: Never.self, "round \(round)") { try FrameCodec.encode(envelope) }
            case .failure(let error):
                codes[error.code, default: 0] += 1
                #expect(error.detail.utf8.count <= 300)
            }
        }
        #expect(decodedCount > 1000, "the bodies were not reached")
        #expect(codes[.malformedFrame, default: 0] > 10_000)
        #expect(codes[.unsupported, default: 0] > 10)
        #expect(codes[.unsupportedVersion, default: 0] > 10)
        #expect(
            Set(codes.keys).isSubset(of: [.malformedFrame, .unsupported, .unsupportedVersion, .frameTooLarge])
        )
    }

    @Test func `are refused when they are noise`() throws {
        var random = SplitMix64(seed: 5)
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                UInt8(truncatingIfNeeded: random.next())
            }
            if random.chance(oneIn: 2), bytes.count >= 4 {
                bytes.replaceSubrange(0..<3, with: [0x4D, 0x52, 1])
            }
            try #require(isRefused(bytes))
        }
    }

    @Test(arguments: MessageKind.allCases)
    func `are found out when one bit is wrong`(kind: MessageKind) throws {
        var random = SplitMix64(seed: 99)
        var bytes = try FrameCodec.encode(random.envelope(kind))
        for bit in 0..<bytes.count * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8)
            try #require(isRefused(bytes), "bit \(bit)")
            bytes[bit / 8] ^= 1 << (bit % 8)
        }
    }

    @Test(arguments: MessageKind.allCases)
    func `are refused when the body ends early or late`(kind: MessageKind) throws {
        var random = SplitMix64(seed: 42)
        let bytes = try FrameCodec.encode(random.envelope(kind))
        for count in 0..<bytes.count {
            var cut = Array(bytes[..<count])
            try #require(isRefused(cut), "\(count) of \(bytes.count) bytes")
            cut.seal()
            #expect(throws: FrameError.self, "\(count) of \(bytes.count) bytes") {
                try FrameCodec.decode(cut)
            }
        }
        var longer = bytes + [0]
        longer.seal()
        #expect(isRefused(longer))
    }

    private func isRefused(_ bytes: [UInt8]) -> Bool { (try? FrameCodec.decode(bytes)) == nil }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            guard !bytes.isEmpty else { return }
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: bytes.removeSubrange(index...)
            case 1: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: index)
            case 2: bytes.remove(at: index)
            case 3: bytes[index] = random.pick([0, 0x7F, 0x80, 0xFF])
            case 4: bytes.append(contentsOf: bytes[index...].prefix(64))
            case 5: bytes[index] = UInt8(truncatingIfNeeded: random.next())
            default: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
        }
    }
}
