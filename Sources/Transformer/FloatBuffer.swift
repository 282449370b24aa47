/// Memory for numbers that kernels work on; it keeps its place until it has to grow.
final class FloatBuffer {
    private(set) var start: UnsafeMutablePointer<Float>
    private(set) var count: Int

    /// All zeros.
    init(count: Int) {
        self.count = count
        start = .allocate(capacity: count)
        start.initialize(repeating: 0, count: count)
    }

    deinit { start.deallocate() }

    /// Makes room for `wanted` numbers; what was there is lost if it has to grow.
    func reserve(_ wanted: Int) {
        guard wanted > count else { return }
        start.deallocate()
        start = .allocate(capacity: wanted)
        start.initialize(repeating: 0, count: wanted)
        count = wanted
    }

    /// A copy of `count` numbers, `step` apart from each other.
    func part(from first: Int, count: Int, step: Int = 1) -> FloatBuffer {
        precondition(first >= 0 && count >= 0 && step > 0, "a part of the buffer")
        precondition(count == 0 || first + (count - 1) * step < self.count, "a part of the buffer")
        let part = FloatBuffer(count: count)
        for index in 0..<count { part.start[index] = start[first + index * step] }
        return part
    }

    func add(_ addend: Float) {
        for index in 0..<count { start[index] += addend }
    }
}
