import CKernels
import TestSupport
import Testing

@Suite struct `The kernels for scores` {
    private let tables = [ck_scores_portable(), ck_scores_avx2(), ck_scores_avx512()].compactMap { $0 }

    @Test func `weigh every score as alone, bit for bit`() {
        var random = SplitMix64(seed: 7)
        for count in [0, 8, 24, 32, 40, 1000] {
            var scores = (0..<count).map { _ in Float.random(in: -30...4, using: &random) }
            if count > 8 { scores.replaceSubrange(3..<6, with: [-.infinity, -1e30, -3000]) }
            var expected = [Double](repeating: 0.5, count: 8)
            for (index, score) in scores.enumerated() {
                let exponent = max((Double(score) - 4) * 1.25, -708)
                expected[index & 7] += exponent > -708 ? ck_exponential(exponent) : lowestWeight
            }
            for table in tables {
                var sums = [Double](repeating: 0.5, count: 8)
                table.pointee.weigh(scores, count, 4, 1.25, &sums)
                #expect(
                    sums.map(\.bitPattern) == expected.map(\.bitPattern),
                    "\(String(cString: table.pointee.name)), \(count) scores"
                )
            }
        }
    }

    @Test func `find the first score above a bound, and what is no number`() {
        for table in tables {
            for place in 0..<200 {
                for found in [Float(1.5), .infinity, .nan] {
                    var scores = [Float](repeating: 1, count: 200)
                    scores[place] = found
                    for start in [0, 1, 63, 150] {
                        let first = table.pointee.find_above(scores, start, 200, 1)
                        #expect(first == (place >= start ? place : 200))
                    }
                }
            }
            let masked = [Float](repeating: -.infinity, count: 70)
            #expect(table.pointee.find_above(masked, 0, 70, -.infinity) == 70)
        }
    }

    /// What a score weighs that is at the floor or below.
    private var lowestWeight: Double {
        var sums = [Double](repeating: 0, count: 8)
        ck_scores_portable().pointee.weigh([Float](repeating: -.infinity, count: 8), 8, 0, 1, &sums)
        return sums[0]
    }
}
