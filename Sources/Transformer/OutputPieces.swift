/// How the outputs of a matrix are shared out: in stretches that are small, so that threads come to an end
/// together, and a bounded number of them.
struct OutputPieces {
    /// Taking a piece then costs nothing beside computing it.
    private static let countPerThread = 256

    let total: Int
    /// Outputs in a piece; the last one may have fewer.
    let size: Int

    /// `unit`: what sizes are a multiple of.
    init(_ total: Int, unit: Int, threads: Int) {
        self.total = total
        let units = (total + unit - 1) / unit, limit = Self.countPerThread * threads
        size = (units + limit - 1) / limit * unit
    }

    var count: Int { total == 0 ? 0 : (total + size - 1) / size }

    subscript(piece: Int) -> Range<Int> { piece * size..<min((piece + 1) * size, total) }
}
