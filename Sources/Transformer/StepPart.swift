/// One thread's part of a step.
struct StepPart {
    /// Output rows are dealt out in stretches of this many, so that the kernels' tiles and panels stay whole.
    private static let stretch = 48

    var index: Int
    var count: Int
    var barrier: StepBarrier

    /// Waits until all parts are here: what they wrote may be read from now on.
    func meet() { barrier.wait() }

    /// This part's share of token rows.
    func rows(of total: Int) -> Range<Int> {
        total * index / count..<total * (index + 1) / count
    }

    /// This part's share of a matrix's output rows.
    func outputs(of total: Int) -> Range<Int> {
        let shares = rows(of: (total + Self.stretch - 1) / Self.stretch)
        return min(shares.lowerBound * Self.stretch, total)..<min(shares.upperBound * Self.stretch, total)
    }

    /// This part's share of pieces of work, dealt out in turn because later ones cost more.
    func pieces(of total: Int) -> StrideTo<Int> { stride(from: index, to: total, by: count) }
}
