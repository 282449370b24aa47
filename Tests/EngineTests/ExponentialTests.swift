import Glibc
import TestSupport
import Testing

@testable import Engine

@Suite struct `The exponential` {
    @Test func `agrees with the library to the last places`() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<20_000 {
            let x = -Double.random(in: 0...700, using: &random)
            let expected = exp(x)
            #expect(abs(exponential(x) - expected) <= 2 * expected.ulp, "\(x)")
        }
    }

    @Test func `is exact at 0 and nothing far below`() {
        #expect(exponential(0) == 1)
        #expect(exponential(-708.5) == 0)
        #expect(exponential(-.infinity) == 0)
        #expect(exponential(.nan) == 0)
    }
}
