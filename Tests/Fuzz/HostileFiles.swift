internal import Glibc
internal import JSON
internal import ModelFacts

/// What lies around the one file that is hostile.
enum HostileFiles {
    /// One for each process, because libFuzzer may run several.
    static let folder: String = {
        let parent = getenv("MILLRACE_FUZZ_FOLDER").map { String(cString: $0) } ?? "/tmp"
        let path = "\(parent)/\(getpid())"
        mkdir(path, 0o700)
        write(Array(config.utf8), to: "\(path)/config.json")
        return path
    }()

    static let gguf = "\(folder)/model.gguf"
    static let weights = "\(folder)/model.safetensors"
    static let memory = MachineMemory()

    static func write(_ bytes: [UInt8], to path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0, Glibc.write(file, bytes, bytes.count) == bytes.count,
            ftruncate(file, bytes.count) == 0, close(file) == 0
        else {
            perror(path)
            exit(2)
        }
    }

    /// Of the model in `Seeds/safetensors`.
    private static let config = """
        {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": 32,
         "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
         "num_key_value_heads": 1, "head_dim": 16, "vocab_size": 32, "max_position_embeddings": 64,
         "hidden_act": "silu", "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": true,
         "attention_bias": false}
        """

    static let conversation: JSONObject = [
        "messages": [
            ["role": "system", "content": "Be brief."],
            ["role": "user", "content": [["type": "text", "text": "Weather?"]]],
            [
                "role": "assistant", "content": nil,
                "tool_calls": [
                    [
                        "id": "call00001", "type": "function",
                        "function": ["name": "weather", "arguments": ["city": "Köln", "days": 2]],
                    ]
                ],
            ],
            ["role": "tool", "tool_call_id": "call00001", "content": "{\"sky\": \"grey\"}"],
            ["role": "assistant", "content": "  Grey. ", "reasoning_content": "It says so."],
            ["role": "user", "content": "Thanks <b>&</b> 你好"],
        ],
        "tools": [
            [
                "type": "function",
                "function": [
                    "name": "weather", "description": "Tells the weather",
                    "parameters": ["type": "object", "properties": ["city": ["type": "string"]]],
                ],
            ]
        ],
        "documents": nil, "add_generation_prompt": true, "bos_token": "<s>", "eos_token": "</s>",
        "number": 12.5,
    ]
}
