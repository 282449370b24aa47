internal import Glibc
internal import ModelFiles

/// The angles by which heads are turned at a position.
///
/// Computed for the rows of a step and not kept as a table: a table for a long context would take more memory
/// than a layer, and one row's angles serve all heads of all layers.
struct RotaryAngles {
    /// Angle per position, for each pair of a head: `headSize / 2` of them.
    let frequencies: [Double]

    init(_ rope: Rope, headSize: Int) {
        frequencies = (0..<headSize / 2).map { pair in
            let plain = 1 / pow(rope.base, Double(2 * pair) / Double(headSize))
            return switch rope.scaling {
            case .none: plain
            case .linear(let factor): plain / factor
            case .llama3(let parameters): scaled(plain, parameters)
            }
        }
    }

    /// Writes `frequencies.count` cosines and as many sines.
    ///
    /// In double until the end, so that far positions keep their angle.
    func write(position: Int, cosines: UnsafeMutablePointer<Float>, sines: UnsafeMutablePointer<Float>) {
        for (pair, frequency) in frequencies.enumerated() {
            let angle = Double(position) * frequency
            cosines[pair] = Float(cos(angle))
            sines[pair] = Float(sin(angle))
        }
    }
}

/// As in the models' own code: by wavelength, with a linear blend between the two bounds.
private func scaled(_ frequency: Double, _ parameters: Rope.Llama3) -> Double {
    let wavelength = 2 * Double.pi / frequency
    let original = Double(parameters.originalContextTokens)
    let low = parameters.lowFrequencyFactor, high = parameters.highFrequencyFactor
    if wavelength < original / high { return frequency }
    if wavelength > original / low { return frequency / parameters.factor }
    let kept = (original / wavelength - low) / (high - low)
    return (1 - kept) * frequency / parameters.factor + kept * frequency
}
