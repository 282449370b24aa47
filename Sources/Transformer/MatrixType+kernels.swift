internal import CKernels
internal import ModelFiles

extension MatrixType {
    /// The kernels' word for how a matrix is stored.
    var kernelType: Int32 {
        switch self {
        case .f32: Int32(CK_F32)
        case .f16: Int32(CK_F16)
        case .bf16: Int32(CK_BF16)
        case .block(let format): format.kernelType
        case .affine(let bits): affineType(bits)
        case .f4E2M1: Int32(CK_E2M1)
        case .f8E4M3: Int32(CK_E4M3)
        }
    }
}

extension BlockFormat {
    var kernelType: Int32 {
        switch self {
        case .q8_0: Int32(CK_Q8_0)
        case .q4_0: Int32(CK_Q4_0)
        case .q4_1: Int32(CK_Q4_1)
        case .q5_0: Int32(CK_Q5_0)
        case .q5_1: Int32(CK_Q5_1)
        case .q2_K: Int32(CK_Q2_K)
        case .q3_K: Int32(CK_Q3_K)
        case .q4_K: Int32(CK_Q4_K)
        case .q5_K: Int32(CK_Q5_K)
        case .q6_K: Int32(CK_Q6_K)
        case .iq4_NL: Int32(CK_IQ4_NL)
        case .iq4_XS: Int32(CK_IQ4_XS)
        case .mxfp4: Int32(CK_MXFP4)
        }
    }
}

extension MatrixView {
    /// Where the kernels find the scales; all zeros for types that need none.
    var kernelScales: ck_scales {
        guard let scales else { return ck_scales() }
        return ck_scales(
            values: scales.values.bytes.baseAddress,
            offsets: scales.offsets?.bytes.baseAddress,
            first_row: firstRow,
            group_rows: scales.groupRows,
            group_columns: scales.groupColumns,
            dtype: scales.kind.kernelType
        )
    }
}

extension MatrixScales.Kind {
    var kernelType: Int32 {
        switch self {
        case .f32: Int32(CK_F32)
        case .f16: Int32(CK_F16)
        case .bf16: Int32(CK_BF16)
        case .e8m0: Int32(CK_E8M0)
        }
    }
}

/// Files are only read with these widths.
private func affineType(_ bits: Int) -> Int32 {
    switch bits {
    case 2: Int32(CK_U2)
    case 3: Int32(CK_U3)
    case 4: Int32(CK_U4)
    case 5: Int32(CK_U5)
    case 6: Int32(CK_U6)
    default: Int32(CK_U8)
    }
}
