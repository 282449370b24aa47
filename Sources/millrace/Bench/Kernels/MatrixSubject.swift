import CKernels

/// A matrix of one type, multiplied with some tokens as the engine does it.
final class MatrixSubject: Sendable {
    /// As files name them.
    static let types: [(name: String, type: Int)] = [
        ("f32", CK_F32), ("f16", CK_F16), ("bf16", CK_BF16), ("q8_0", CK_Q8_0), ("q4_0", CK_Q4_0),
        ("q4_k", CK_Q4_K), ("q6_k", CK_Q6_K), ("mxfp4", CK_MXFP4), ("mlx 4-bit", CK_U4),
        ("mlx 8-bit", CK_U8),
    ].map { ($0.0, Int($0.1)) }

    private static let columns = 2048
    /// More than caches hold, so that few tokens are bound by memory.
    private static let weightBytes = 96 << 20
    /// With many tokens the outputs of all rows would be more than caches hold, as they never are in a model.
    private static let rowsOfManyTokens = 6144
    static let mostTokens = 512
    /// Whole tiles and panels of every kernel.
    private static let pieceRows = 96
    private static let mlxGroup = 64

    private let type: Int32
    private let rows: Int
    private let weights: BenchMemory
    private let scales: BenchMemory
    private let panels: BenchMemory?
    private let input: BenchMemory
    private let rounded: BenchMemory
    private let output: BenchMemory
    private let bytesPerRow: Int

    init(type: Int) throws {
        self.type = Int32(type)
        let columns = Self.columns
        let blockBytes = ck_block_bytes(self.type) * columns / ck_block_elements(self.type)
        rows = Self.weightBytes / blockBytes / Self.pieceRows * Self.pieceRows
        weights = try BenchMemory(byteCount: rows * blockBytes)
        scales = try BenchMemory(byteCount: rows * columns / Self.mlxGroup * 2)
        let outputCount = max(Self.mostTokens * Self.rowsOfManyTokens, 16 * rows)
        output = try BenchMemory(byteCount: outputCount * 4)
        input = try BenchMemory(byteCount: Self.mostTokens * columns * 4)
        rounded = try BenchMemory(
            byteCount: Self.mostTokens * columns / Int(CK_ROUNDED_NUMBERS) * MemoryLayout<ck_rounded>.stride
        )
        let hasScales = self.type >= Int32(CK_U2)
        let scaleBytes = hasScales ? 2 * columns / Self.mlxGroup * 2 : 0
        var matrix = Self.matrix(self.type, rows, weights, scales)
        var plan = ck_panel_plan()
        let panelBytes = ck_plan_panels(&matrix, &plan)
        guard panelBytes > 0 else {
            panels = nil
            bytesPerRow = blockBytes + scaleBytes
            return
        }
        let memory = try BenchMemory(byteCount: panelBytes)
        panels = memory
        bytesPerRow = panelBytes / rows
        var form = Self.panels(memory, rows, plan)
        ck_fill_panels(&matrix, &form, 0, rows / Int(CK_PANEL_ROWS))
    }

    /// Arithmetic that is bound by the int8 limit rather than by that of floats.
    var isRounded: Bool { panels != nil }

    private func rowCount(_ tokens: Int) -> Int {
        tokens <= 16 ? rows : min(rows, Self.rowsOfManyTokens)
    }

    /// Bytes of weights that one thread's part of a pass reads for `operations` of them.
    func bytesPerOperation(tokens: Int) -> Double {
        Double(bytesPerRow) / Double(2 * Self.columns * tokens)
    }

    /// One thread's part of a pass; returns the multiplications and additions in it.
    func multiply(tokens: Int, part: Int, of partCount: Int) -> Double {
        let kernels = ck_fastest().pointee
        let pieceCount = rowCount(tokens) / Self.pieceRows
        var matrix = Self.matrix(type, rows, weights, scales)
        var plan = ck_panel_plan()
        ck_plan_panels(&matrix, &plan)
        var doneCount = 0
        for piece in stride(from: part, to: pieceCount, by: partCount) {
            let first = piece * Self.pieceRows
            doneCount += Self.pieceRows
            if let panels {
                var form = Self.panels(panels, rows, plan)
                var product = ck_panel_product(
                    x: rounded.pointer().assumingMemoryBound(to: ck_rounded.self),
                    y: output.floats(),
                    y_stride: rowCount(tokens),
                    tokens: tokens,
                    first_panel: first / Int(CK_PANEL_ROWS),
                    last_panel: (first + Self.pieceRows) / Int(CK_PANEL_ROWS),
                    accumulate: 0
                )
                kernels.multiply_panels(&form, &product)
            } else {
                var product = ck_product(
                    x: input.floats(),
                    y: output.floats(),
                    x_stride: Self.columns,
                    y_stride: rowCount(tokens),
                    tokens: tokens,
                    first_row: first,
                    last_row: first + Self.pieceRows,
                    accumulate: 0
                )
                kernels.multiply(&matrix, &product)
            }
        }
        return 2 * Double(doneCount) * Double(Self.columns) * Double(tokens)
    }

    private static func matrix(
        _ type: Int32,
        _ rows: Int,
        _ weights: BenchMemory,
        _ scales: BenchMemory
    ) -> ck_matrix {
        ck_matrix(
            weights: weights.pointer(),
            bias: nil,
            rows: rows,
            columns: columns,
            dtype: type,
            scales: ck_scales(
                values: scales.pointer(),
                offsets: scales.pointer(),
                first_row: 0,
                group_rows: 1,
                group_columns: mlxGroup,
                dtype: Int32(CK_F16)
            )
        )
    }

    private static func panels(_ memory: BenchMemory, _ rows: Int, _ plan: ck_panel_plan) -> ck_panels {
        ck_panels(
            start: memory.pointer().assumingMemoryBound(to: UInt8.self),
            bias: nil,
            rows: rows,
            columns: columns,
            plan: plan
        )
    }
}
