internal import CKernels

/// Memory for numbers rounded to eight bits, as matrices in panels read them.
final class RoundedBuffer {
    private(set) var start: UnsafeMutablePointer<ck_rounded>
    private var count: Int

    init() {
        count = 1
        start = Self.allocate(1)
    }

    deinit { start.deallocate() }

    /// Makes room for `rows` rows of `columns` numbers; what was there is lost if it has to grow.
    func reserve(rows: Int, columns: Int) {
        let wanted = rows * (columns / Int(CK_ROUNDED_NUMBERS))
        guard wanted > count else { return }
        start.deallocate()
        start = Self.allocate(wanted)
        count = wanted
    }

    /// Where a number lies that is the first of a group.
    func at(_ number: Int) -> UnsafeMutablePointer<ck_rounded> {
        start + number / Int(CK_ROUNDED_NUMBERS)
    }

    private static func allocate(_ count: Int) -> UnsafeMutablePointer<ck_rounded> {
        let size = MemoryLayout<ck_rounded>.stride
        let memory = UnsafeMutableRawPointer.allocate(byteCount: count * size, alignment: size)
        return memory.initializeMemory(as: ck_rounded.self, repeating: ck_rounded(), count: count)
    }
}

/// What matrices are multiplied with: rows of numbers, and the same rounded where a matrix asks for that.
struct MatrixInput {
    var numbers: UnsafePointer<Float>
    /// Nil where no matrix of the phase is in panels.
    var rounded: UnsafePointer<ck_rounded>?
    var columns: Int

    /// Without the first `rows` rows.
    func from(row: Int) -> MatrixInput {
        MatrixInput(
            numbers: numbers + row * columns,
            rounded: rounded.map { $0 + row * (columns / Int(CK_ROUNDED_NUMBERS)) },
            columns: columns
        )
    }
}
