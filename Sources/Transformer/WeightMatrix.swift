internal import CKernels
internal import ModelFiles

/// A matrix of the model, ready to be multiplied with.
///
/// Numbers of 16 and 32 bits are used where they lie in the mapped file: loading costs nothing and nothing is
/// kept twice. Packed ones are laid out in panels, which are several times faster to multiply with, and the
/// memory of their file is given back.
struct WeightMatrix {
    let rows: Int
    let columns: Int
    private let form: Form

    private enum Form {
        case rows(RowMatrix)
        case panels(PanelMatrix)
    }

    /// `panels`: lays out what is packed; without it everything stays in rows.
    init(_ view: MatrixView, bias: FloatBuffer? = nil, panels: PanelMaker? = nil) throws(ModelFileError) {
        let matrix = try RowMatrix(view, bias: bias)
        rows = view.rows
        columns = view.columns
        if let laidOut = try panels?.panels(of: matrix.matrix, bias: bias) {
            form = .panels(laidOut)
            view.release()
        } else {
            form = .rows(matrix)
        }
    }

    init(_ copy: TransposedCopy, bias: FloatBuffer? = nil) {
        rows = copy.rows
        columns = copy.columns
        form = .rows(RowMatrix(copy, bias: bias))
    }

    private init(_ panels: PanelMatrix, like other: WeightMatrix) {
        rows = other.rows
        columns = other.columns
        form = .panels(panels)
    }

    /// The same matrix in panels, beside this one; itself if it is not packed.
    func laidOut(by maker: PanelMaker?) throws(ModelFileError) -> WeightMatrix {
        guard let maker, case .rows(let matrix) = form,
            let panels = try maker.panels(of: matrix.matrix, bias: matrix.bias)
        else { return self }
        return WeightMatrix(panels, like: self)
    }

    /// Whether what it is multiplied with must be rounded.
    var readsRounded: Bool { if case .panels = form { true } else { false } }

    /// Outputs are shared out in stretches of so many, so that the kernels' tiles and panels stay whole; and
    /// groups of numbers that are rounded together, where what comes out is rounded at once.
    func outputUnit(rounds: Bool) -> Int { readsRounded ? 32 : rounds ? 96 : 48 }

    /// `y[t, r] = dot(row r, x[t]) + bias[r]` for some of the rows; `y` is [tokens, rows].
    func multiply(
        _ input: MatrixInput,
        tokens: Int,
        to y: UnsafeMutablePointer<Float>,
        outputs: Range<Int>,
        adding: Bool,
        _ kernels: ck_kernels
    ) {
        switch form {
        case .rows(let matrix):
            let product = ck_product(
                x: input.numbers,
                y: y,
                x_stride: columns,
                y_stride: rows,
                tokens: tokens,
                first_row: outputs.lowerBound,
                last_row: outputs.upperBound,
                accumulate: adding ? 1 : 0
            )
            matrix.multiply(product, kernels)
        case .panels(let matrix):
            guard let rounded = input.rounded else { return }
            var product = ck_panel_product(
                x: rounded,
                y: y,
                y_stride: rows,
                tokens: tokens,
                first_panel: outputs.lowerBound / Int(CK_PANEL_ROWS),
                last_panel: (outputs.upperBound + Int(CK_PANEL_ROWS) - 1) / Int(CK_PANEL_ROWS),
                accumulate: adding ? 1 : 0
            )
            withUnsafePointer(to: matrix.panels) { kernels.multiply_panels($0, &product) }
        }
    }

    /// Copies one row out of a matrix that is not in panels.
    ///
    /// `row` is below `rows`.
    func copyRow(_ row: Int, to numbers: UnsafeMutablePointer<Float>, _ kernels: ck_kernels) {
        guard case .rows(let matrix) = form, row < rows else {
            preconditionFailure("a row of a matrix in rows")
        }
        withUnsafePointer(to: matrix.matrix) { kernels.read_row($0, row, numbers) }
    }
}

/// A matrix as its file holds it, or as a copy that was turned round.
private struct RowMatrix {
    let matrix: ck_matrix
    let bias: FloatBuffer?
    /// Keeps the weights where they are.
    private let owner: Owner

    private enum Owner {
        case file(MatrixView)
        case copy(TransposedCopy)
    }

    init(_ view: MatrixView, bias: FloatBuffer?) throws(ModelFileError) {
        guard let weights = view.bytes.baseAddress else {
            throw ModelFileError(view.tensor.file.path, view.tensor.name, "is empty")
        }
        owner = .file(view)
        self.bias = bias
        matrix = ck_matrix(
            weights: weights,
            bias: bias.map { UnsafePointer($0.start) },
            rows: view.rows,
            columns: view.columns,
            dtype: view.type.kernelType,
            scales: view.kernelScales
        )
    }

    init(_ copy: TransposedCopy, bias: FloatBuffer?) {
        owner = .copy(copy)
        self.bias = bias
        matrix = ck_matrix(
            weights: UnsafeRawPointer(copy.start),
            bias: bias.map { UnsafePointer($0.start) },
            rows: copy.rows,
            columns: copy.columns,
            dtype: copy.kernelType,
            scales: ck_scales()
        )
    }

    func multiply(_ product: ck_product, _ kernels: ck_kernels) {
        withUnsafePointer(to: matrix) { matrix in
            withUnsafePointer(to: product) { kernels.multiply(matrix, $0) }
        }
    }
}
