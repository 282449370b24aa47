internal import CKernels
internal import ModelFiles

/// The numbers of one step between its blocks.
///
/// Grows to the largest step that was seen and stays.
struct StepScratch {
    /// What each layer adds to.
    let residual = FloatBuffer(count: 0)  // [rows, hiddenSize]
    /// What a block reads, where there are too many rows for each thread to norm them for itself.
    let normed = FloatBuffer(count: 0)  // [rows, hiddenSize]
    /// What a block gives, where more is done with it than adding.
    let branch = FloatBuffer(count: 0)  // [rows, hiddenSize]
    let queries = FloatBuffer(count: 0)  // [rows, heads, headSize]
    let keys = FloatBuffer(count: 0)  // [rows, key-value heads, headSize]
    let values = FloatBuffer(count: 0)  // [rows, key-value heads, headSize]
    let attended = FloatBuffer(count: 0)  // [rows, heads, headSize]
    let gate = FloatBuffer(count: 0)  // [rows, feedForwardSize]
    let up = FloatBuffer(count: 0)  // [rows, feedForwardSize]
    /// One for each rope.
    let cosines: [FloatBuffer]  // [rows, pairs]
    let sines: [FloatBuffer]  // [rows, pairs]
    /// Rows whose results are wanted, normed.
    let last = FloatBuffer(count: 0)  // [wanted, hiddenSize]
    /// `normed` or `attended`, where matrices in panels read it.
    let rounded = RoundedBuffer()
    /// `gate`, likewise.
    let bent = RoundedBuffer()
    /// One for each thread.
    let own: [OwnScratch]
    /// Nil without experts.
    let experts: ExpertScratch?
    private let config: ModelConfig
    /// Numbers of a row that a matrix reads, at most.
    private let widest: Int

    init(config: ModelConfig, tileRows: Int, threads: Int) {
        self.config = config
        let attentionConfig = config.attention
        let heads = attentionConfig.headCount / attentionConfig.keyValueHeadCount
        let count = ck_attention_scratch(tileRows * heads, attentionConfig.headSize)
        let inner = max(config.feedForwardSize, config.experts?.sharedSize ?? 0)
        widest = max(config.hiddenSize, attentionConfig.querySize, inner)
        let widest = widest
        own = (0..<threads).map { _ in OwnScratch(columns: widest, attention: count) }
        cosines = config.ropes.map { _ in FloatBuffer(count: 0) }
        sines = config.ropes.map { _ in FloatBuffer(count: 0) }
        experts = config.experts.map { ExpertScratch($0, hiddenSize: config.hiddenSize) }
    }

    func reserve(rows: Int, wanted: Int) {
        let attention = config.attention, inner = max(config.feedForwardSize, config.experts?.sharedSize ?? 0)
        residual.reserve(rows * config.hiddenSize)
        normed.reserve(rows * config.hiddenSize)
        branch.reserve(rows * config.hiddenSize)
        queries.reserve(rows * attention.querySize)
        attended.reserve(rows * attention.querySize)
        keys.reserve(rows * attention.keySize)
        values.reserve(rows * attention.keySize)
        gate.reserve(rows * inner)
        up.reserve(rows * inner)
        for index in config.ropes.indices {
            cosines[index].reserve(rows * config.ropes[index].pairCount)
            sines[index].reserve(rows * config.ropes[index].pairCount)
        }
        last.reserve(wanted * config.hiddenSize)
        rounded.reserve(rows: max(rows, wanted), columns: widest)
        bent.reserve(rows: rows, columns: inner)
        experts?.reserve(rows: rows)
    }
}

/// What one thread computes for itself alone.
struct OwnScratch {
    /// Rows that a thread makes ready for itself rather than share that out: below, it is less work than to
    /// meet.
    static let rows = 4

    let normed: FloatBuffer  // [rows, columns]
    let rounded = RoundedBuffer()
    let attention: FloatBuffer

    init(columns: Int, attention count: Int) {
        normed = FloatBuffer(count: Self.rows * columns)
        rounded.reserve(rows: Self.rows, columns: columns)
        attention = FloatBuffer(count: count)
    }
}
