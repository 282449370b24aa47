internal import CKernels
internal import ModelFiles

/// The numbers of one step between its blocks.
///
/// Grows to the largest step that was seen and stays.
struct StepScratch {
    /// What each layer adds to.
    let residual = FloatBuffer(count: 0)  // [rows, hiddenSize]
    /// What a block reads.
    let normed = FloatBuffer(count: 0)  // [rows, hiddenSize]
    let queries = FloatBuffer(count: 0)  // [rows, heads, headSize]
    let keys = FloatBuffer(count: 0)  // [rows, key-value heads, headSize]
    let values = FloatBuffer(count: 0)  // [rows, key-value heads, headSize]
    let attended = FloatBuffer(count: 0)  // [rows, heads, headSize]
    let gate = FloatBuffer(count: 0)  // [rows, feedForwardSize]
    let up = FloatBuffer(count: 0)  // [rows, feedForwardSize]
    let cosines = FloatBuffer(count: 0)  // [rows, headSize / 2]
    let sines = FloatBuffer(count: 0)  // [rows, headSize / 2]
    /// Normed rows whose logits are wanted.
    let last = FloatBuffer(count: 0)  // [wanted, hiddenSize]
    /// One for each thread.
    let attention: [FloatBuffer]

    init(config: ModelConfig, tileRows: Int, threads: Int) {
        let heads = config.headCount / config.keyValueHeadCount
        let count = ck_attention_scratch(tileRows * heads, config.headSize)
        attention = (0..<threads).map { _ in FloatBuffer(count: count) }
    }

    func reserve(rows: Int, wanted: Int, config: ModelConfig) {
        residual.reserve(rows * config.hiddenSize)
        normed.reserve(rows * config.hiddenSize)
        queries.reserve(rows * config.headCount * config.headSize)
        attended.reserve(rows * config.headCount * config.headSize)
        keys.reserve(rows * config.keyValueHeadCount * config.headSize)
        values.reserve(rows * config.keyValueHeadCount * config.headSize)
        gate.reserve(rows * config.feedForwardSize)
        up.reserve(rows * config.feedForwardSize)
        cosines.reserve(rows * config.headSize / 2)
        sines.reserve(rows * config.headSize / 2)
        last.reserve(wanted * config.hiddenSize)
    }
}
