internal import Glibc
internal import ModelFiles

/// Chooses the experts that a token passes, and how much each of them counts.
struct ExpertRouter {
    let scores: WeightMatrix
    /// Added to the scores when experts are chosen, not when they are weighed.
    private let selectionBias: FloatBuffer?
    private let config: ExpertConfig

    init(
        _ source: WeightSource,
        prefix: String,
        _ names: ExpertTensorNames,
        _ config: ExpertConfig,
        hiddenSize: Int
    ) throws(ModelFileError) {
        self.config = config
        let block = names.blocks.first { source.contains("\(prefix)\($0)\(names.router).weight") }
        let name = "\(prefix)\(block ?? names.blocks[0])"
        scores = try source.matrix(name + names.router, config.count, hiddenSize, bias: config.routerHasBias)
        selectionBias = try names.selectionBias.map { (bias) throws(ModelFileError) in
            let holder = names.blocks.first { source.contains("\(prefix)\($0)\(bias)") } ?? names.blocks[0]
            return try source.vector("\(prefix)\(holder)\(bias)", config.count)
        }
    }

    /// Turns the scores of one row into its experts, in ascending order, and their weights.
    ///
    /// Equal scores go to the lowest expert.
    func choose(row: Int, _ scratch: ExpertScratch) {
        let scores = UnsafeMutableBufferPointer(
            start: scratch.scores.start + row * config.count,
            count: config.count
        )
        let chosen = UnsafeMutableBufferPointer(
            start: scratch.chosen + row * config.perToken,
            count: config.perToken
        )
        let weights = UnsafeMutableBufferPointer(
            start: scratch.weights.start + row * config.perToken,
            count: config.perToken
        )
        switch config.score {
        case .softmax: softmax(scores)
        case .sigmoid: for index in scores.indices { scores[index] = 1 / (1 + exp(-scores[index])) }
        case .softmaxOfChosen: break
        }
        var preferences = scores
        if let selectionBias {
            preferences = UnsafeMutableBufferPointer(
                start: scratch.preferences.start + row * config.count,
                count: config.count
            )
            for index in scores.indices { preferences[index] = scores[index] + selectionBias.start[index] }
        }
        pick(preferences, into: chosen)
        for index in chosen.indices { weights[index] = scores[Int(chosen[index])] }
        if config.score == .softmaxOfChosen {
            softmax(weights)
        } else if config.normalizes {
            var total: Float = 0
            for weight in weights { total += weight }
            for index in weights.indices { weights[index] /= total }
        }
    }

    private func pick(
        _ preferences: UnsafeMutableBufferPointer<Float>,
        into chosen: UnsafeMutableBufferPointer<Int32>
    ) {
        for count in 0..<chosen.count {
            var best = -1
            for expert in preferences.indices where best < 0 || preferences[expert] > preferences[best] {
                if !isAmong(chosen, first: count, expert) { best = expert }
            }
            var place = count
            while place > 0, chosen[place - 1] > best {
                chosen[place] = chosen[place - 1]
                place -= 1
            }
            chosen[place] = Int32(best)
        }
    }

    private func isAmong(
        _ chosen: UnsafeMutableBufferPointer<Int32>,
        first count: Int,
        _ expert: Int
    ) -> Bool {
        for index in 0..<count where chosen[index] == expert { return true }
        return false
    }

    private func softmax(_ numbers: UnsafeMutableBufferPointer<Float>) {
        var top = -Float.infinity, total: Float = 0
        for number in numbers where number > top { top = number }
        for index in numbers.indices {
            numbers[index] = exp(numbers[index] - top)
            total += numbers[index]
        }
        for index in numbers.indices { numbers[index] /= total }
    }
}
