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
}
