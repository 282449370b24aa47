import Load
import Testing

@Suite struct `The latencies of a load` {
    @Test func `have quantiles by nearest rank`() {
        let latencies = (1...100).map { Int64($0) }
        #expect(LoadResult.quantile(0.5, of: latencies) == 50)
        #expect(LoadResult.quantile(0.99, of: latencies) == 99)
        #expect(LoadResult.quantile(1, of: latencies) == 100)
        #expect(LoadResult.quantile(0, of: latencies) == 1)
        #expect(LoadResult.quantile(0.99, of: [7]) == 7)
        #expect(LoadResult.quantile(0.5, of: []) == 0)
    }
}
