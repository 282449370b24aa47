internal import CKernels
internal import ModelFiles

/// A matrix behind the model, and what bends its result; for one vector at a time.
struct DenseLayer {
    enum Bend {
        case none
        case tanh
        case activation(ck_activation)
    }

    let matrix: WeightMatrix
    let bend: Bend
    var norm: Norm?

    func apply(_ vector: [Float], _ kernels: ck_kernels) -> [Float] {
        var result = [Float](repeating: 0, count: matrix.rows)
        result.withUnsafeMutableBufferPointer { result in
            vector.withUnsafeBufferPointer { vector in
                guard let from = vector.baseAddress, let to = result.baseAddress else { return }
                let input = MatrixInput(numbers: from, rounded: nil, columns: matrix.columns)
                let outputs = 0..<matrix.rows
                matrix.multiply(input, tokens: 1, to: to, outputs: outputs, adding: false, kernels)
                switch bend {
                case .none: break
                case .tanh: kernels.soft_cap(to, matrix.rows, 1)
                case .activation(var activation): kernels.activate(&activation, to, nil, matrix.rows)
                }
                norm?.apply(to, to: to, kernels)
            }
        }
        return result
    }
}
