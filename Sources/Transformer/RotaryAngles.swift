internal import Glibc
internal import ModelFiles

/// The angles by which heads are turned at a position.
///
/// Computed for the rows of a step and not kept as a table: a table for a long context would take more memory
/// than a layer, and one row's angles serve all heads of all layers.
///
/// Two scalings choose their frequencies by how long the text is. "How long" is the number of tokens that are
/// known of a sequence, for all of its rows alike, whatever part of it a step computes: what the models' own
/// code does when it is given the whole text at once. Each such choice is a *frequency set*; when the next
/// token moves a sequence to another set, its keys and values are of no use any more and it is computed
/// again. For LongRoPE that is one time in the life of a sequence, when it outgrows the original context. For
/// dynamic NTK it is every token beyond the trained context, since each length has a base of its own: exact,
/// and slow there.
struct RotaryAngles {
    private let rope: Rope
    /// Angle per position for each pair; of all texts, or of those that are not long.
    private let usual: [Double]
    /// Of long texts.
    private let long: [Double]

    init(_ rope: Rope) {
        self.rope = rope
        let plain = rope.frequencies(base: rope.base)
        switch rope.scaling {
        case .none, .dynamic: usual = plain
        case .linear(let factor): usual = plain.map { $0 / factor }
        case .llama3(let parameters): usual = plain.map { $0.scaled(parameters) }
        case .yarn(let parameters): usual = rope.yarn(parameters, plain)
        case .longRope(let parameters): usual = zip(plain, parameters.short).map { $0 / $1 }
        case .divisors(let divisors): usual = zip(plain, divisors).map { $0 / $1 }
        }
        if case .longRope(let parameters) = rope.scaling {
            long = zip(plain, parameters.long).map { $0 / $1 }
        } else {
            long = usual
        }
    }

    /// Names the frequencies of a text of `length` tokens.
    func frequencySet(length: Int) -> Int {
        switch rope.scaling {
        case .dynamic(_, let trained): length > trained ? length : 0
        case .longRope(let parameters): length > parameters.originalContextTokens ? 1 : 0
        default: 0
        }
    }

    var pairCount: Int { rope.pairCount }

    /// Writes a cosine and a sine for each pair, at a position of a text of `length` tokens.
    ///
    /// In double until the end, so that far positions keep their angle.
    func write(
        position: Int,
        length: Int,
        cosines: UnsafeMutablePointer<Float>,
        sines: UnsafeMutablePointer<Float>
    ) {
        let base = dynamicBase(length: length), isLong = frequencySet(length: length) > 0
        for pair in 0..<rope.pairCount {
            let frequency = base.map { rope.frequency(pair, base: $0) } ?? (isLong ? long : usual)[pair]
            let angle = Double(position) * frequency
            cosines[pair] = Float(cos(angle) * rope.magnitude)
            sines[pair] = Float(sin(angle) * rope.magnitude)
        }
    }

    /// What dynamic NTK computes the frequencies of a text from that is too long for the usual ones.
    private func dynamicBase(length: Int) -> Double? {
        guard case .dynamic(let factor, let trained) = rope.scaling, frequencySet(length: length) > 0,
            rope.rotatedSize > 2
        else { return nil }
        let size = Double(rope.rotatedSize)
        let growth = factor * Double(length) / Double(trained) - (factor - 1)
        return rope.base * pow(growth, size / (size - 2))
    }
}

extension Rope {
    fileprivate func frequencies(base: Double) -> [Double] {
        (0..<pairCount).map { frequency($0, base: base) }
    }

    fileprivate func frequency(_ pair: Int, base: Double) -> Double {
        1 / pow(base, Double(2 * pair) / Double(rotatedSize))
    }

    /// Between two bounds, counted in pairs, frequencies go over from kept to divided.
    fileprivate func yarn(_ parameters: Yarn, _ plain: [Double]) -> [Double] {
        let size = Double(rotatedSize), original = Double(parameters.originalContextTokens)
        func pair(turning turns: Double) -> Double {
            size * log(original / (turns * 2 * Double.pi)) / (2 * log(base))
        }
        var low = pair(turning: parameters.fastTurns), high = pair(turning: parameters.slowTurns)
        if parameters.roundsBounds {
            low = low.rounded(.down)
            high = high.rounded(.up)
        }
        low = max(low, 0)
        high = min(high, size - 1)
        if low == high { high += 0.001 }
        return plain.enumerated().map { index, frequency in
            let divided = min(max((Double(index) - low) / (high - low), 0), 1)
            return frequency / parameters.factor * divided + frequency * (1 - divided)
        }
    }
}

extension Double {
    /// As in the models' own code: by wavelength, with a linear blend between the two bounds.
    fileprivate func scaled(_ parameters: Rope.Llama3) -> Double {
        let wavelength = 2 * Double.pi / self
        let original = Double(parameters.originalContextTokens)
        let low = parameters.lowFrequencyFactor, high = parameters.highFrequencyFactor
        if wavelength < original / high { return self }
        if wavelength > original / low { return self / parameters.factor }
        let kept = (original / wavelength - low) / (high - low)
        return (1 - kept) * self / parameters.factor + kept * self
    }
}
