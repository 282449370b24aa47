internal import ModelFiles

/// The numbers of one step inside a block of experts.
///
/// A *slot* is one token in one expert. Slots are ordered by expert, so that each expert sees its tokens in
/// one piece.
final class ExpertScratch {
    let scores = FloatBuffer(count: 0)  // [rows, experts]
    /// What the choice is made by, where it is not the scores.
    let preferences = FloatBuffer(count: 0)  // [rows, experts]
    let weights = FloatBuffer(count: 0)  // [rows, perToken]
    let input = FloatBuffer(count: 0)  // [slots, hiddenSize]
    /// Gate and up where they are one matrix of alternating rows.
    let pairs = FloatBuffer(count: 0)  // [slots, 2 * size]
    let gate = FloatBuffer(count: 0)  // [slots, size]
    let up = FloatBuffer(count: 0)  // [slots, size]
    let output = FloatBuffer(count: 0)  // [slots, hiddenSize]
    /// `input` and `gate`, where matrices in panels read them.
    let rounded = RoundedBuffer()
    let bent = RoundedBuffer()
    let shared = FloatBuffer(count: 0)  // [rows, hiddenSize]
    let sharedGate = FloatBuffer(count: 0)  // [rows]
    /// Experts of each row, in ascending order.
    private(set) var chosen: UnsafeMutablePointer<Int32>  // [rows, perToken]
    /// Their slots.
    private(set) var slots: UnsafeMutablePointer<Int32>  // [rows, perToken]
    /// Rows of the slots.
    private(set) var rowOfSlot: UnsafeMutablePointer<Int32>  // [slots]
    /// First slot of each expert, and the end.
    let starts: UnsafeMutablePointer<Int>  // [experts + 1]
    /// Experts that have a slot, in ascending order; behind them -1.
    let busy: UnsafeMutablePointer<Int>  // [experts]
    private let config: ExpertConfig
    private let hiddenSize: Int
    private var capacity = 0

    init(_ config: ExpertConfig, hiddenSize: Int) {
        self.config = config
        self.hiddenSize = hiddenSize
        chosen = .allocate(capacity: 0)
        slots = .allocate(capacity: 0)
        rowOfSlot = .allocate(capacity: 0)
        starts = .allocate(capacity: config.count + 1)
        starts.initialize(repeating: 0, count: config.count + 1)
        busy = .allocate(capacity: config.count)
        busy.initialize(repeating: -1, count: config.count)
    }

    deinit {
        for pointer in [chosen, slots, rowOfSlot] { pointer.deallocate() }
        starts.deallocate()
        busy.deallocate()
    }

    func reserve(rows: Int) {
        let slotCount = rows * config.perToken
        scores.reserve(rows * config.count)
        preferences.reserve(rows * config.count)
        weights.reserve(slotCount)
        input.reserve(slotCount * hiddenSize)
        output.reserve(slotCount * hiddenSize)
        gate.reserve(slotCount * config.size)
        up.reserve(slotCount * config.size)
        pairs.reserve(slotCount * config.size * 2)
        rounded.reserve(rows: slotCount, columns: hiddenSize)
        bent.reserve(rows: slotCount, columns: config.size)
        shared.reserve(config.sharedSize == nil ? 0 : rows * hiddenSize)
        sharedGate.reserve(rows)
        guard slotCount > capacity else { return }
        for pointer in [chosen, slots, rowOfSlot] { pointer.deallocate() }
        func fresh() -> UnsafeMutablePointer<Int32> {
            let pointer = UnsafeMutablePointer<Int32>.allocate(capacity: slotCount)
            pointer.initialize(repeating: 0, count: slotCount)
            return pointer
        }
        (chosen, slots, rowOfSlot) = (fresh(), fresh(), fresh())
        capacity = slotCount
    }

    /// Gives every chosen (row, expert) its slot; within an expert in the order of rows.
    func group(rows: Int) {
        for expert in 0...config.count { starts[expert] = 0 }
        let count = rows * config.perToken
        for index in 0..<count { starts[Int(chosen[index]) + 1] += 1 }
        for expert in 0..<config.count { starts[expert + 1] += starts[expert] }
        for index in 0..<count {
            let expert = Int(chosen[index])
            slots[index] = Int32(starts[expert])
            rowOfSlot[starts[expert]] = Int32(index / config.perToken)
            starts[expert] += 1
        }
        // Each start has moved to the next one's.
        var next = 0
        for expert in 0..<config.count { swap(&starts[expert], &next) }
        var busyCount = 0
        for expert in 0..<config.count where starts[expert] < starts[expert + 1] {
            busy[busyCount] = expert
            busyCount += 1
        }
        for index in busyCount..<config.count { busy[index] = -1 }
    }
}
