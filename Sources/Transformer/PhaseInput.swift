internal import CKernels

/// Rows of numbers as they lie, and the norm that they pass before a block reads them.
struct BlockRows {
    let start: UnsafePointer<Float>  // [count, columns]
    let count: Int
    let columns: Int
    let norm: Norm?

    init(_ buffer: FloatBuffer, count: Int, columns: Int, norm: Norm? = nil) {
        start = UnsafePointer(buffer.start)
        self.count = count
        self.columns = columns
        self.norm = norm
    }
}

/// What the matrices of a phase read, made ready no sooner than somebody needs it.
struct PhaseInput {
    var isReady = false
    private let rows: BlockRows
    private let rounds: Bool
    private let kernels: ck_kernels
    private var normed: UnsafeMutablePointer<Float>?
    private var rounded: UnsafeMutablePointer<ck_rounded>?

    init(_ rows: BlockRows, rounds: Bool, _ kernels: ck_kernels) {
        self.rows = rows
        self.rounds = rounds
        self.kernels = kernels
    }

    /// Whether anything is to be done before the rows can be read.
    var hasWork: Bool { rounds || rows.norm != nil }

    mutating func setPlace(
        normed: UnsafeMutablePointer<Float>,
        rounded: UnsafeMutablePointer<ck_rounded>
    ) {
        self.normed = rows.norm == nil ? nil : normed
        self.rounded = rounds ? rounded : nil
    }

    func makeReady(row: Int) {
        let place = row * rows.columns
        var numbers = rows.start + place
        if let norm = rows.norm, let normed {
            norm.apply(numbers, to: normed + place, kernels)
            numbers = UnsafePointer(normed + place)
        }
        if let rounded { kernels.round(numbers, rows.columns, rounded + place / Int(CK_ROUNDED_NUMBERS)) }
    }

    /// Called by whoever has taken a piece of the phase.
    mutating func ready() -> MatrixInput {
        if !isReady {
            if hasWork { for row in 0..<rows.count { makeReady(row: row) } }
            isReady = true
        }
        return MatrixInput(
            numbers: normed.map { UnsafePointer($0) } ?? rows.start,
            rounded: rounded.map { UnsafePointer($0) },
            columns: rows.columns
        )
    }
}

/// Where a block puts what it gives.
struct BlockResult {
    var buffer: FloatBuffer
    /// To what is there.
    var isAdded: Bool
}
