extension Family {
    /// Every family that is computed.
    public static let known: [Family] = [
        .llama, .mistral, .mixtral, .qwen2, .qwen2MoE, .qwen3, .qwen3MoE, .miniMaxM2, .gemma, .gemma2,
        .gemma3Text,
        .gemma3, .phi3, .granite, .smolLM3, .olmo2, .olmoe, .gptOSS, .starCoder2, .gpt2, .bert, .roberta,
        .xlmRoberta,
        .modernBERT,
    ]
}
