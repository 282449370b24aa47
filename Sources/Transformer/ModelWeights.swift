internal import CKernels
internal import ModelFiles

/// All weights of a model by the part they play, checked against config.json.
struct ModelWeights {
    let embedding: WeightMatrix
    let layers: [LayerWeights]
    let lastNorm: FloatBuffer
    let head: WeightMatrix

    init(_ tensors: TensorSet, config: ModelConfig, kernels: ck_kernels) throws(ModelFileError) {
        let source = WeightSource(tensors: tensors, kernels: kernels)
        let vocabulary = config.vocabularySize
        embedding = try source.matrix("model.embed_tokens", vocabulary, config.hiddenSize)
        var layers: [LayerWeights] = []
        for index in 0..<config.layerCount {
            layers.append(try LayerWeights(source, prefix: "model.layers.\(index).", config: config))
        }
        self.layers = layers
        lastNorm = try source.vector("model.norm.weight", config.hiddenSize)
        head = config.tiesEmbeddings ? embedding : try source.matrix("lm_head", vocabulary, config.hiddenSize)
    }
}

/// The weights of one layer.
///
/// Matrices are [output, input].
struct LayerWeights {
    let attentionNorm: FloatBuffer
    let query: WeightMatrix
    let key: WeightMatrix
    let value: WeightMatrix
    /// For families that normalise heads.
    let queryNorm: FloatBuffer?
    let keyNorm: FloatBuffer?
    let attentionOutput: WeightMatrix
    let feedForwardNorm: FloatBuffer
    let gate: WeightMatrix
    let up: WeightMatrix
    let down: WeightMatrix

    init(_ source: WeightSource, prefix: String, config: ModelConfig) throws(ModelFileError) {
        let hidden = config.hiddenSize, inner = config.feedForwardSize
        let queries = config.headCount * config.headSize, keys = config.keyValueHeadCount * config.headSize
        let inputBias = config.attentionBias != .none, outputBias = config.attentionBias == .all
        let attention = "\(prefix)self_attn.", feedForward = "\(prefix)mlp."
        let innerBias = config.hasFeedForwardBias
        attentionNorm = try source.vector("\(prefix)input_layernorm.weight", hidden)
        query = try source.matrix("\(attention)q_proj", queries, hidden, bias: inputBias)
        key = try source.matrix("\(attention)k_proj", keys, hidden, bias: inputBias)
        value = try source.matrix("\(attention)v_proj", keys, hidden, bias: inputBias)
        let normalizes = config.family.normalizesHeads
        queryNorm = normalizes ? try source.vector("\(attention)q_norm.weight", config.headSize) : nil
        keyNorm = normalizes ? try source.vector("\(attention)k_norm.weight", config.headSize) : nil
        attentionOutput = try source.matrix("\(attention)o_proj", hidden, queries, bias: outputBias)
        feedForwardNorm = try source.vector("\(prefix)post_attention_layernorm.weight", hidden)
        gate = try source.matrix("\(feedForward)gate_proj", inner, hidden, bias: innerBias)
        up = try source.matrix("\(feedForward)up_proj", inner, hidden, bias: innerBias)
        down = try source.matrix("\(feedForward)down_proj", hidden, inner, bias: innerBias)
    }
}
