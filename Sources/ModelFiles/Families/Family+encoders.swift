internal import JSON

extension Family {
    static let bert = Family("bert") { describeBERT(&$0) }

    static let roberta = Family("roberta", describeRoBERTa)

    static let xlmRoberta = Family("xlm-roberta", describeRoBERTa)

    /// ModernBERT: rotated, with a window in two of three layers, and gated.
    static let modernBERT = Family("modernbert") {
        $0.isCausal = false
        $0.norm = NormRule(kind: .layer, epsilonKey: "norm_eps", bias: .key("norm_bias"), skipsFirst: true)
        $0.feedForward.activationKey = "hidden_activation"
        $0.window = WindowRule(
            pattern: .allButEvery(key: "global_attn_every_n_layers", first: true),
            sizeKey: "local_attention"
        )
        $0.rope.baseKey = "global_rope_theta"
        $0.rope.local = LocalRope(baseKey: "local_rope_theta", isScaled: true)
        $0.tensors = .modernBERT
        $0.classifier = ClassifierRule(
            pooling: .key("classifier_pooling"),
            dense: "head.dense",
            denseBias: .key("classifier_bias"),
            activationKey: "classifier_activation",
            norm: "head.norm",
            output: "classifier",
            outputHasBias: true
        )
        $0.defaults = [
            "norm_eps": 1e-5, "hidden_activation": "gelu", "global_attn_every_n_layers": 3,
            "local_attention": 128,
            "global_rope_theta": 160_000, "local_rope_theta": 10_000,
        ]
    }

    private static func describeBERT(_ family: inout Family) {
        family.isCausal = false
        family.norm = NormRule(kind: .layer, epsilonKey: "layer_norm_eps", bias: .always)
        family.attention.bias = .always
        family.feedForward.isGated = false
        family.feedForward.bias = .always
        family.positions = .learned(countKey: "max_position_embeddings", startsBehindPadding: false)
        family.tensors = .bert
        family.classifier = ClassifierRule(
            pooling: .first,
            dense: "pooler.dense",
            isDenseInModel: true,
            denseBias: .always,
            output: "classifier",
            outputHasBias: true
        )
        family.fixedOptions = [
            "is_decoder": false, "add_cross_attention": false, "position_embedding_type": "absolute",
        ]
        family.defaults = ["layer_norm_eps": 1e-12, "hidden_act": "gelu"]
    }

    private static func describeRoBERTa(_ family: inout Family) {
        describeBERT(&family)
        family.positions = .learned(countKey: "max_position_embeddings", startsBehindPadding: true)
        family.tensors.roots = ["roberta.", ""]
        family.classifier.dense = "classifier.dense"
        family.classifier.isDenseInModel = false
        family.classifier.output = "classifier.out_proj"
    }
}

extension TensorNames {
    fileprivate static let bert: TensorNames = {
        var names = TensorNames()
        names.roots = ["bert.", ""]
        names.layers = "encoder.layer."
        names.embedding = "embeddings.word_embeddings"
        names.positions = "embeddings.position_embeddings"
        names.tokenTypes = "embeddings.token_type_embeddings"
        names.embeddingNorm = "embeddings.LayerNorm"
        names.lastNorm = nil
        names.attention = BlockNorms(afterSum: "attention.output.LayerNorm")
        names.feedForward = BlockNorms(afterSum: "output.LayerNorm")
        names.query = "attention.self.query"
        names.key = "attention.self.key"
        names.value = "attention.self.value"
        names.attentionOutput = "attention.output.dense"
        names.up = "intermediate.dense"
        names.down = "output.dense"
        return names
    }()

    fileprivate static let modernBERT: TensorNames = {
        var names = TensorNames()
        names.embedding = "embeddings.tok_embeddings"
        names.embeddingNorm = "embeddings.norm"
        names.lastNorm = "final_norm"
        names.attention = BlockNorms(before: "attn_norm")
        names.feedForward = BlockNorms(before: "mlp_norm")
        names.queryKeyValue = "attn.Wqkv"
        names.attentionOutput = "attn.Wo"
        names.gateUp = "mlp.Wi"
        names.down = "mlp.Wo"
        return names
    }()
}
