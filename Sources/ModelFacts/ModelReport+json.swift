public import JSON
internal import Templates

extension ModelReport {
    /// As schemas/model-report.json describes it; what is unknown is null.
    public var json: JSONValue {
        [
            "name": .text(name), "path": .string(path), "format": .string(format),
            "usable": .bool(isUsable), "problems": .array(problems.map { .string($0) }),
            "family": .text(architecture?.family), "architecture": architectureJSON,
            "parameters": parametersJSON, "quantization": .text(quantization), "weights": weightsJSON,
            "key_values": ["f16": keyValuesJSON(2), "f32": keyValuesJSON(4)],
            "tokenizer": tokenizerJSON,
            "template": templateJSON,
            "memory": [
                "available_bytes": .count(availableBytes), "fits": .text(fit?.verdict.rawValue),
                "fitting_tokens": .count(fit?.tokenCount),
            ],
        ]
    }

    private var architectureJSON: JSONValue {
        guard let architecture else { return .null }
        return [
            "layers": .count(architecture.layerCount), "hidden_size": .count(architecture.hiddenSize),
            "heads": .count(architecture.headCount),
            "key_value_heads": .count(architecture.keyValueHeadCount),
            "head_size": .count(architecture.headSize),
            "feed_forward_size": .count(architecture.feedForwardSize),
            "experts": .count(architecture.expertCount),
            "active_experts": .count(architecture.activeExpertCount),
            "expert_feed_forward_size": .count(architecture.expertFeedForwardSize),
            "vocabulary_size": .count(architecture.vocabularySize),
            "context_tokens": .count(architecture.contextTokenCount),
            "rope_base": architecture.ropeBase.map { .number($0) } ?? .null,
            "rope_scaling": .text(architecture.ropeScaling),
            "window_tokens": .count(architecture.windowTokenCount),
            "windowed_layers": .count(architecture.windowedLayerCount),
        ]
    }

    private var parametersJSON: JSONValue {
        guard let weights else { return .null }
        let active = architecture.map { weights.activeParameterCount($0) } ?? weights.parameterCount
        return ["total": .count(weights.parameterCount), "active": .count(active)]
    }

    private var weightsJSON: JSONValue {
        guard let weights else { return .null }
        let types = weights.shares.map { share -> JSONValue in
            let part = Double(share.byteCount) / Double(max(1, weights.byteCount))
            return [
                "type": .string(share.type), "bytes": .count(share.byteCount),
                "share": .number((part * 10_000).rounded() / 10_000),
            ]
        }
        return ["bytes": .count(weights.byteCount), "types": .array(types)]
    }

    private func keyValuesJSON(_ elementBytes: Int) -> JSONValue {
        guard let facts = keyValues(elementBytes: elementBytes) else { return .null }
        return [
            "bytes_per_1k_tokens": .count(product(facts.bytesPerToken, 1000)),
            "full_context_bytes": .count(facts.fullContextBytes),
            "windowed_context_bytes": .count(facts.windowedContextBytes),
        ]
    }

    private var tokenizerJSON: JSONValue {
        guard let tokenizer else { return .null }
        return [
            "kind": .string(tokenizer.kind), "vocabulary_size": .count(tokenizer.vocabularySize),
            "bos": Self.json(tokenizer.begin), "eos": Self.json(tokenizer.end),
            "end_ids": .array(tokenizer.endIDs.map { .integer(Int64($0)) }),
        ]
    }

    private var templateJSON: JSONValue {
        [
            "names": .array((template?.names ?? []).map { .string($0) }),
            "tools": .flag(template?.capabilities?.showsTools),
            "thinking": .flag(template?.capabilities?.knowsThinking),
            "system": .flag(template?.capabilities?.showsSystemRole),
        ]
    }

    private static func json(_ special: TokenizerFacts.Special?) -> JSONValue {
        guard let special else { return .null }
        return ["text": .string(special.text), "id": .count(special.id.map { Int($0) })]
    }
}

extension JSONValue {
    fileprivate static func count(_ count: Int?) -> JSONValue { count.map { .integer(Int64($0)) } ?? .null }
    fileprivate static func flag(_ flag: Bool?) -> JSONValue { flag.map { .bool($0) } ?? .null }
    fileprivate static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}
