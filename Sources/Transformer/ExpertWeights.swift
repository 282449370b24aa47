internal import ModelFiles

/// The matrices of a layer's experts, in whichever of the usual forms a file has them.
struct ExpertWeights {
    /// What widens a token.
    enum Inner {
        case apart(gate: [WeightMatrix], up: [WeightMatrix])
        /// Rows of gate and up in turn.
        case alternating([WeightMatrix])
    }

    let inner: Inner
    let down: [WeightMatrix]

    init(
        _ source: WeightSource,
        prefix: String,
        _ names: ExpertTensorNames,
        _ config: ExpertConfig,
        hiddenSize: Int
    ) throws(ModelFileError) {
        let reader = ExpertReader(source: source, names: names, config: config, hiddenSize: hiddenSize)
        for block in names.blocks {
            // One tensor for each projection, as MLX and GGUF files have it.
            for module in ["switch_mlp.", "experts."] {
                if let found = try reader.stacked(prefix + block + module) {
                    self = found
                    return
                }
            }
            // Gate and up in one tensor, as transformers has it.
            if let found = try reader.fused("\(prefix)\(block)experts.") {
                self = found
                return
            }
        }
        let block = names.blocks.first { source.contains("\(prefix)\($0)experts.0.\(names.gate).weight") }
        self = try reader.separate("\(prefix)\(block ?? names.blocks[0])experts.")
    }

    /// Whether any that reads a token reads it rounded, and whether any reads it as it is.
    let readsRounded: Bool
    let readsNumbers: Bool
    let downReadsRounded: Bool

    fileprivate init(inner: Inner, down: [WeightMatrix]) {
        self.inner = inner
        self.down = down
        let reading: [WeightMatrix]
        switch inner {
        case .apart(let gate, let up): reading = gate + up
        case .alternating(let pairs): reading = pairs
        }
        readsRounded = reading.contains { $0.readsRounded }
        readsNumbers = reading.contains { !$0.readsRounded }
        downReadsRounded = down.contains { $0.readsRounded }
    }
}

/// Reads experts in one of their forms; nil where they are not there in it.
private struct ExpertReader {
    var source: WeightSource
    var names: ExpertTensorNames
    var config: ExpertConfig
    var hiddenSize: Int

    /// `switch_mlp.gate_proj` and so on: [experts, rows, columns] each.
    func stacked(_ module: String) throws(ModelFileError) -> ExpertWeights? {
        let usual = ExpertTensorNames.usual
        guard let gate = try stack(module + usual.gate, config.size, hiddenSize),
            let up = try stack(module + usual.up, config.size, hiddenSize),
            let down = try stack(module + usual.down, hiddenSize, config.size)
        else { return nil }
        return ExpertWeights(inner: .apart(gate: gate, up: up), down: down)
    }

    /// `experts.gate_up_proj` and `experts.down_proj`.
    func fused(_ module: String) throws(ModelFileError) -> ExpertWeights? {
        let gateUp = "\(module)gate_up_proj", down = "\(module)down_proj"
        if names.areInterleaved, source.contains(gateUp) { return try transposed(gateUp, down) }
        let size = config.size
        guard let inner = try source.stack(gateUp, config.count, 2 * size, hiddenSize) else { return nil }
        guard let outer = try stack(down, hiddenSize, size) else { return nil }
        guard names.areInterleaved else {
            return ExpertWeights(
                inner: .apart(
                    gate: try matrices(inner.map { $0.rows(0..<size) }),
                    up: try matrices(inner.map { $0.rows(size..<2 * size) })
                ),
                down: outer
            )
        }
        return ExpertWeights(
            inner: .alternating(try matrices(inner, biases: try biases("\(gateUp)_bias", 2 * size))),
            down: outer
        )
    }

    /// gpt-oss in full width: [experts, inputs, outputs], gate and up in turn.
    private func transposed(_ gateUp: String, _ down: String) throws(ModelFileError) -> ExpertWeights {
        let size = config.size
        let inner = try source.tensor(gateUp, [config.count, hiddenSize, 2 * size])
        let outer = try source.tensor(down, [config.count, size, hiddenSize])
        let innerBiases = try biases("\(gateUp)_bias", 2 * size),
            outerBiases = try biases("\(down)_bias", hiddenSize)
        var gate: [WeightMatrix] = [], up: [WeightMatrix] = [], last: [WeightMatrix] = []
        for expert in 0..<config.count {
            func half(_ first: Int) throws(ModelFileError) -> WeightMatrix {
                let place = TransposedCopy.Place(
                    first: first,
                    step: 2,
                    width: 2 * size,
                    rowsBefore: expert * hiddenSize
                )
                return WeightMatrix(
                    try copy(inner, place, rows: size, columns: hiddenSize),
                    bias: innerBiases?[expert].part(from: first, count: size, step: 2)
                )
            }
            gate.append(try half(0))
            up.append(try half(1))
            let place = TransposedCopy.Place(first: 0, step: 1, width: hiddenSize, rowsBefore: expert * size)
            last.append(
                WeightMatrix(
                    try copy(outer, place, rows: hiddenSize, columns: size),
                    bias: outerBiases?[expert]
                )
            )
        }
        return ExpertWeights(inner: .apart(gate: gate, up: up), down: last)
    }

    private func copy(
        _ tensor: TensorView,
        _ place: TransposedCopy.Place,
        rows: Int,
        columns: Int
    ) throws(ModelFileError) -> TransposedCopy {
        try TransposedCopy(
            tensor,
            place: place,
            rows: rows,
            columns: columns,
            isFilled: !source.onlyChecks
        )
    }

    /// `experts.0.gate_proj` and so on.
    func separate(_ module: String) throws(ModelFileError) -> ExpertWeights {
        var gate: [WeightMatrix] = [], up: [WeightMatrix] = [], down: [WeightMatrix] = []
        for expert in 0..<config.count {
            let name = "\(module)\(expert)."
            gate.append(try source.matrix(name + names.gate, config.size, hiddenSize, bias: config.hasBias))
            up.append(try source.matrix(name + names.up, config.size, hiddenSize, bias: config.hasBias))
            down.append(try source.matrix(name + names.down, hiddenSize, config.size, bias: config.hasBias))
        }
        return ExpertWeights(inner: .apart(gate: gate, up: up), down: down)
    }

    private func stack(_ name: String, _ rows: Int, _ columns: Int) throws(ModelFileError) -> [WeightMatrix]?
    {
        guard let views = try source.stack(name, config.count, rows, columns) else { return nil }
        let bias = source.contains("\(name).bias") ? "\(name).bias" : "\(name)_bias"
        return try matrices(views, biases: try biases(bias, rows))
    }

    private func matrices(
        _ views: [MatrixView],
        biases: [FloatBuffer]? = nil
    ) throws(ModelFileError) -> [WeightMatrix] {
        var matrices: [WeightMatrix] = []
        for (index, view) in views.enumerated() {
            matrices.append(try WeightMatrix(view, bias: biases?[index], panels: source.panels))
        }
        return matrices
    }

    /// One for each expert; nil where the family has none.
    private func biases(_ name: String, _ count: Int) throws(ModelFileError) -> [FloatBuffer]? {
        guard config.hasBias else { return nil }
        let all = try source.numbers(name, shape: [config.count, count])
        return (0..<config.count).map { all.part(from: $0 * count, count: count) }
    }
}
