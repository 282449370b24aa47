/// One thread's part in a step.
///
/// All threads run the same code and pass the same phases in the same order.
final class StepPart {
    /// Which thread this is.
    let index: Int
    let count: Int
    private let board: StepBoard
    private var phase: UInt32 = 0

    init(index: Int, count: Int, board: StepBoard) {
        self.index = index
        self.count = count
        self.board = board
    }

    /// Goes to the beginning of a step.
    func begin() { phase = 0 }

    /// Shares pieces 0..<pieceCount out among the threads, and returns when all of them are done.
    ///
    /// Between two phases nothing may be written that another thread reads, and nothing may be read that a
    /// phase writes but by whoever has taken a piece: a late thread comes by when others are far ahead.
    func share(_ pieceCount: Int, _ body: (Int) -> Void) {
        guard count > 1 else {
            for piece in 0..<pieceCount { body(piece) }
            return
        }
        guard pieceCount > 0 else { return }
        phase += 1
        guard !board.isOver(phase) else { return }
        var done = 0
        for distance in 0..<count {
            let share = index + distance < count ? index + distance : index + distance - count
            let first = pieceCount * share / count, end = pieceCount * (share + 1) / count
            while let piece = board.take(from: share, of: end - first, phase: phase) {
                body(first + piece)
                done += 1
            }
        }
        if done > 0 { board.finish(done, of: pieceCount, phase: phase) }
        board.wait(for: phase)
    }
}
