import CKernels
import Foundation
import TestSupport
import Testing

private let tables = KernelTable.all
private let kinds = [CK_KV_F32, CK_KV_F16, CK_KV_Q8].map(Int32.init)

@Suite struct `The attention kernel` {
    @Test(arguments: tables, kinds) func `weighs values by softmax`(table: KernelTable, kind: Int32) {
        for (heads, size, positions) in [
            (1, 8, 1), (2, 16, 15), (3, 40, 16), (4, 64, 17), (8, 80, 65), (1, 104, 70), (7, 128, 34),
        ] {
            let problem = AttentionProblem(
                .init(heads: heads, size: size, positions: positions),
                kind: kind,
                blockTokens: 16
            )
            let result = problem.run(table, first: 0, count: positions)
            #expect(
                distance(result, problem.exact) <= 3e-6,
                "\(heads) heads of \(size), \(positions) positions"
            )
        }
    }

    @Test(arguments: tables, kinds) func `gives the same bits in any cut and block size`(
        table: KernelTable,
        kind: Int32
    ) {
        let shape = AttentionProblem.Shape(heads: 3, size: 48, positions: 150)
        let expected = bits(
            AttentionProblem(shape, kind: kind, blockTokens: 16).run(table, first: 0, count: 150)
        )
        for blockTokens in [1, 5, 16, 24, 64, 1000] {
            let problem = AttentionProblem(shape, kind: kind, blockTokens: blockTokens)
            for count in [1, 4, 17, 64, 150] {
                let pieces = stride(from: 0, to: 150, by: count).flatMap {
                    problem.run(table, first: $0, count: min(count, 150 - $0))
                }
                #expect(bits(pieces) == expected, "blocks of \(blockTokens), \(count) tokens at once")
            }
        }
    }

    @Test(arguments: tables, kinds) func `looks through a window, with a cap and past a sink`(
        table: KernelTable,
        kind: Int32
    ) {
        let sinks: [Float] = [-3, 4]
        for sight: AttentionProblem.Sight in [
            .init(behind: 0), .init(behind: 5), .init(behind: 15, softCap: 1.5), .init(behind: 16),
            .init(behind: 29), .init(behind: 64), .init(softCap: 0.4, sinks: sinks),
            .init(behind: 20, sinks: sinks), .init(behind: .max, ahead: .max),
            .init(behind: .max, ahead: 1000), .init(behind: 7, ahead: 7),
            .init(behind: 33, ahead: 33, softCap: 2),
        ] {
            let problem = AttentionProblem(
                .init(heads: 2, size: 48, positions: 85),
                kind: kind,
                blockTokens: 16,
                sight: sight
            )
            let whole = problem.run(table, first: 0, count: 85)
            #expect(distance(whole, problem.exact) <= 3e-6, "\(sight)")
            for count in [1, 16, 30] {
                let pieces = stride(from: 0, to: 85, by: count).flatMap {
                    problem.run(table, first: $0, count: min(count, 85 - $0))
                }
                #expect(bits(pieces) == bits(whole), "\(sight), \(count) tokens at once")
            }
        }
    }

    @Test(arguments: tables, kinds) func `never looks at what lies behind a token`(
        table: KernelTable,
        kind: Int32
    ) {
        for position in [20, 63, 64] {
            let shape = AttentionProblem.Shape(heads: 2, size: 64, positions: position + 1)
            let clean = AttentionProblem(shape, kind: kind, blockTokens: 16)
            var soiled = clean
            soiled.soil(position)
            let seen = (position - 3) * 2 * 64
            let result = soiled.run(table, first: 3, count: position - 2)
            let expected = clean.run(table, first: 3, count: position - 3)
            #expect(bits(Array(result.prefix(seen))) == bits(expected))
            #expect(result.dropFirst(seen).allSatisfy { $0.isNaN })
        }
    }

    @Test(arguments: tables.dropFirst(), [1, 2, 3, 4, 5, 6, 7, 8]) func
        `gives the same bits as plain C, whatever the shape`(table: KernelTable, seed: UInt64)
    {
        let plain = tables[0]
        var random = SplitMix64(seed: seed)
        for _ in 0..<12 {
            let shape = AttentionProblem.Shape(
                heads: Int.random(in: 1...9, using: &random),
                size: [8, 16, 24, 32, 64, 72, 80, 96, 128].randomElement(using: &random) ?? 8,
                positions: Int.random(in: 1...140, using: &random)
            )
            let looksAhead = Bool.random(using: &random)
            let sight = AttentionProblem.Sight(
                behind: Bool.random(using: &random) ? .max : Int.random(in: 0...100, using: &random),
                ahead: looksAhead ? Int.random(in: 1...100, using: &random) : 0,
                softCap: Bool.random(using: &random) ? 0 : Float.random(in: 0.1...20, using: &random),
                sinks: Bool.random(using: &random)
                    ? nil : (0..<shape.heads).map { _ in Float.random(in: -5...5, using: &random) }
            )
            let blockTokens = [1, 7, 16, 16, 32, 40, 64].randomElement(using: &random) ?? 16
            let kind = kinds.randomElement(using: &random) ?? kinds[0]
            let problem = AttentionProblem(
                shape,
                kind: kind,
                blockTokens: blockTokens,
                sight: sight,
                keptBy: table
            )
            let copy = AttentionProblem(shape, kind: kind, blockTokens: blockTokens, sight: sight)
            #expect(problem.memory == copy.memory)
            let first = Int.random(in: 0..<shape.positions, using: &random)
            let count = Int.random(in: 1...shape.positions - first, using: &random)
            #expect(
                bits(problem.run(table, first: first, count: count))
                    == bits(problem.run(plain, first: first, count: count)),
                "seed \(seed): \(shape), kind \(kind), blocks of \(blockTokens), \(sight), \(first), \(count)"
            )
        }
    }
}
