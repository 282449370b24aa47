internal import CKernels
internal import ModelFiles

/// How weights are made smaller while they are loaded.
public enum WeightQuantization: String, CaseIterable, Hashable, Sendable {
    /// Eight bits and a scale for each 32 numbers.
    case q8
    /// Four bits; token embedding and head keep eight, which is where four would hurt most.
    case q4
}

/// Brings a model's matrices into memory while it is opened, and rounds them to blocks if that is asked for.
///
/// One matrix at a time: when it has been rounded, the pages of its file are given back, so that there are
/// never two copies of the whole. What is rounded was stored as 32- or 16-bit numbers; other types, rows that
/// are not whole blocks, routers and position tables stay as they are.
final class WeightLoader: MatrixPreparation, @unchecked Sendable {
    // Unchecked because only the one thread that opens the model takes matrices out of its files.

    private static let keptModules: Set<String> = [
        "gate", "router", "ffn_gate_inp", "wpe", "position_embd", "position_embeddings", "token_types",
        "token_type_embeddings",
    ]

    private let quantization: WeightQuantization?
    private let vocabularySize: Int
    private let totalBytes: Int
    private let onProgress: (Double) -> Void
    private let rounding: MatrixRounding
    private let threads: StepThreads
    private var loadedBytes = 0
    /// By the name of their tensor, for a matrix that is asked for twice.
    private var rounded: [String: MatrixView] = [:]

    /// `onProgress` is called with the part of the weights that is there, between 0 and 1.
    init(
        _ tensors: TensorSet,
        vocabularySize: Int,
        options: TransformerOptions,
        kernels: ck_kernels,
        onProgress: @escaping (Double) -> Void
    ) throws(TransformerError) {
        quantization = options.quantization
        self.vocabularySize = vocabularySize
        totalBytes = max(1, tensors.byteCount)
        self.onProgress = onProgress
        let rounding = MatrixRounding(kernels: kernels)
        self.rounding = rounding
        let count = options.quantization == nil ? 1 : try options.checkedThreads
        threads = try StepThreads(count: count) { rounding.run($0) }
    }

    func prepared(_ matrix: MatrixView) throws(ModelFileError) -> MatrixView {
        guard let format = format(for: matrix) else {
            matrix.populate(onBytes: count)
            return matrix
        }
        if let known = rounded[matrix.tensor.name] { return known }
        let result = try matrix.repacked(as: format) { bytes in
            rounding.set(matrix, format, to: bytes)
            threads.run()
        }
        matrix.release()
        count(matrix.bytes.count)
        rounded[matrix.tensor.name] = result
        return result
    }

    /// What the matrix is rounded to; nil if it stays.
    private func format(for matrix: MatrixView) -> BlockFormat? {
        guard let quantization, [.f32, .f16, .bf16].contains(matrix.type), matrix.columns.isMultiple(of: 32)
        else { return nil }
        let module = matrix.tensor.name.split(separator: ".").dropLast().last.map(String.init) ?? ""
        if Self.keptModules.contains(module) { return nil }
        return quantization == .q8 || matrix.rows == vocabularySize ? .q8_0 : .q4_0
    }

    private func count(_ bytes: Int) {
        loadedBytes += bytes
        onProgress(min(1, Double(loadedBytes) / Double(totalBytes)))
    }
}

/// One matrix on its way into blocks, by all threads at once: each rounds rows of its own.
private final class MatrixRounding: @unchecked Sendable {
    // Unchecked because a matrix is set while no thread is at work.

    private struct Task {
        var from: ck_matrix
        var type: Int32
        var to: UnsafeMutableRawPointer
    }

    private let kernels: ck_kernels
    private var task: Task?

    init(kernels: ck_kernels) { self.kernels = kernels }

    /// `bytes` hold the matrix's rows in blocks of `format`.
    func set(_ matrix: MatrixView, _ format: BlockFormat, to bytes: UnsafeMutableRawBufferPointer) {
        guard let weights = matrix.bytes.baseAddress, let target = bytes.baseAddress else {
            task = nil
            return
        }
        let from = ck_matrix(
            weights: weights,
            bias: nil,
            rows: matrix.rows,
            columns: matrix.columns,
            dtype: matrix.type.kernelType,
            scales: ck_scales()
        )
        task = Task(from: from, type: format.kernelType, to: target)
    }

    func run(_ part: StepPart) {
        guard let task else { return }
        let columns = task.from.columns
        let rowBytes = columns / ck_block_elements(task.type) * ck_block_bytes(task.type)
        let row = FloatBuffer(count: columns)
        part.share(task.from.rows) { index in
            withUnsafePointer(to: task.from) { kernels.read_row($0, index, row.start) }
            ck_quantize(task.type, row.start, columns, task.to + index * rowBytes)
        }
    }
}
