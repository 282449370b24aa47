/// Finds out how a matrix is packed that is spread over several tensors, and checks that they fit together.
///
/// The shapes say everything, so that no word of config.json has to be believed: a model may pack each of its
/// matrices in another way.
struct PackedMatrix {
    let tensors: [String: TensorView]
    /// Of the packed numbers.
    let weight: TensorView
    /// Of the matrix that is asked for: the stack's size, if it is one, then rows and columns.
    let shape: [Int]

    private var outer: [Int] { Array(shape.dropLast()) }
    private var rows: Int { outer.reduce(1, *) }
    private var columns: Int { shape.last ?? 1 }

    /// MLX's: `name.weight` in words of 32 bits, `name.scales`, and `name.biases` unless the numbers are
    /// floats.
    func mlx(_ name: String) throws(ModelFileError) -> MatrixView {
        guard let scales = tensors["\(name).scales"] else {
            throw weight.error("is stored as U32 and comes without \(name).scales")
        }
        guard columns.isMultiple(of: 32), let words = weight.shape.last, words > 0,
            weight.shape == outer + [words], let groups = scales.shape.last, groups > 0
        else { throw weight.error("has the shape \(weight.shape), which holds no packed \(shape)") }
        let group = columns / groups
        let (bits, isWhole) = (words * 32 / columns, words * 32 % columns == 0)
        guard isWhole, [2, 3, 4, 5, 6, 8].contains(bits) else {
            throw weight.error("\(words) words for \(columns) columns are not 2, 3, 4, 5, 6 or 8 bits each")
        }
        guard [32, 64, 128].contains(group), group * groups == columns else {
            throw scales.error("\(groups) groups for \(columns) columns are not of 32, 64 or 128")
        }
        let scalesShape = outer + [groups]
        guard let offsets = tensors["\(name).biases"] else {
            guard bits == 4, group == 32 else {
                throw scales.error("without biases only MXFP4 (4 bits in groups of 32) is supported")
            }
            return try powersOfTwo(scales, shape: scalesShape)
        }
        let (values, kind) = try checked(scales, shape: scalesShape)
        return MatrixView(
            weight,
            .affine(bits: bits),
            rows: rows,
            columns: columns,
            scales: MatrixScales(
                kind: kind,
                values: values,
                offsets: try offsets.checked(shape: scalesShape, types: [scales.type]),
                groupRows: 1,
                groupColumns: group
            )
        )
    }

    /// OpenAI's: `name_blocks` of 16 bytes for 32 numbers, and `name_scales`.
    func microscaled(_ name: String) throws(ModelFileError) -> MatrixView {
        guard let scales = tensors["\(name)_scales"] else {
            throw weight.error("comes without \(name)_scales")
        }
        guard columns.isMultiple(of: 32) else {
            throw weight.error("\(columns) columns are not whole blocks of 32")
        }
        let groups = outer + [columns / 32]
        _ = try weight.checked(shape: groups + [16], types: [.other("U8")])
        return try powersOfTwo(scales, shape: groups)
    }

    /// Eight-bit floats with `name.weight_scale_inv`, one for each square of 128 by 128, or
    /// `name.weight_scale`, one for each row or for all.
    func float8(_ name: String) throws(ModelFileError) -> MatrixView {
        _ = try weight.checked(shape: shape, types: [.f8E4M3])
        guard columns.isMultiple(of: 32) else {
            throw weight.error("\(columns) columns are not whole groups of 32")
        }
        guard shape.count == 2 else { throw weight.error("stacks of F8_E4M3 are not supported") }
        let square = 128
        if let scales = tensors["\(name).weight_scale_inv"] {
            let squares = [(rows + square - 1) / square, (columns + square - 1) / square]
            let (values, kind) = try checked(scales, shape: squares)
            return float8(values, kind, groupRows: square, groupColumns: square)
        }
        guard let scales = tensors["\(name).weight_scale"] else {
            throw weight.error(
                "is stored as F8_E4M3 and comes without \(name).weight_scale_inv or \(name).weight_scale"
            )
        }
        let isPerRow = scales.shape.first == rows && rows > 1
        let (values, kind) = try checked(
            scales,
            shape: isPerRow && scales.shape.count == 2 ? [rows, 1] : isPerRow ? [rows] : scales.shape
        )
        guard isPerRow || scales.shape.allSatisfy({ $0 == 1 }) else {
            throw scales.error("has the shape \(scales.shape), neither one number nor one for each row")
        }
        return float8(values, kind, groupRows: isPerRow ? 1 : rows, groupColumns: columns)
    }

    private func float8(
        _ values: TensorView,
        _ kind: MatrixScales.Kind,
        groupRows: Int,
        groupColumns: Int
    )
        -> MatrixView
    {
        let scales = MatrixScales(
            kind: kind,
            values: values,
            offsets: nil,
            groupRows: groupRows,
            groupColumns: groupColumns
        )
        return MatrixView(weight, .f8E4M3, rows: rows, columns: columns, scales: scales)
    }

    private func powersOfTwo(_ scales: TensorView, shape: [Int]) throws(ModelFileError) -> MatrixView {
        let values = try scales.checked(shape: shape, types: [.other("U8"), .other("F8_E8M0")])
        return MatrixView(
            weight,
            .f4E2M1,
            rows: rows,
            columns: columns,
            scales: MatrixScales(kind: .e8m0, values: values, offsets: nil, groupRows: 1, groupColumns: 32)
        )
    }

    private func checked(
        _ scales: TensorView,
        shape: [Int]
    ) throws(ModelFileError)
        -> (TensorView, MatrixScales.Kind)
    {
        let values = try scales.checked(shape: shape)
        return (values, values.type == .f32 ? .f32 : values.type == .f16 ? .f16 : .bf16)
    }
}
