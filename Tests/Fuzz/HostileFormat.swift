internal import Engine
internal import Glibc
internal import JSON
internal import ModelFacts
internal import ModelFiles
internal import Templates
internal import Tokenizer

/// A kind of file that comes from strangers, and all that is done with one before a model runs.
///
/// A refusal is as good as success: what must not happen is a trap, a hang or memory without bound.
enum HostileFormat: String, CaseIterable {
    case gguf
    case safetensors
    case tokenizer
    case sentencepiece
    case template

    func read(_ input: [UInt8]) {
        switch self {
        case .gguf: readModel(HostileFiles.gguf, input, as: HostileFiles.gguf)
        case .safetensors: readModel(HostileFiles.folder, input, as: HostileFiles.weights)
        case .tokenizer:
            guard let document = try? JSONValue(parsing: input, limits: .modelFile),
                let tokenizer = try? Tokenizer(json: document)
            else { return }
            use(tokenizer)
        case .sentencepiece:
            guard let tokenizer = try? Tokenizer(sentencePiece: input, configuration: nil) else { return }
            use(tokenizer)
        case .template: renderTemplate(String(decoding: input, as: UTF8.self))
        }
    }

    /// A mutation that keeps the form of the file, where the form is JSON; nil if there is none.
    func mutated(_ input: [UInt8], seed: UInt32) -> [UInt8]? {
        var mutation = JSONMutation(seed: seed)
        switch self {
        case .tokenizer: return mutation.mutated(input)
        case .safetensors:
            guard input.count >= 8 else { return nil }
            let length = input[..<8].enumerated().reduce(0) { $0 | UInt64($1.element) << (8 * $1.offset) }
            guard let end = Int(exactly: length), end <= input.count - 8,
                let header = mutation.mutated(Array(input[8..<8 + end]))
            else { return nil }
            return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header
                + input[(8 + end)...]
        case .gguf, .sentencepiece, .template: return nil
        }
    }

    /// As `millrace inspect` and a worker read it.
    private func readModel(_ path: String, _ input: [UInt8], as file: String) {
        HostileFiles.write(input, to: file)
        let report = ModelReport(path: path, name: nil, depth: .everything, memory: HostileFiles.memory)
        _ = report.text
        _ = report.json
        guard self == .gguf, report.tokenizer != nil, let source = try? ModelSource(path: path),
            let tokenizer = try? Tokenizer(source.tokenizer)
        else { return }
        use(tokenizer)
    }

    private func use(_ tokenizer: Tokenizer) {
        for text in ["", "Hello  world, 1234!\n\tnaïve 你好 👍🏽 e\u{301}<s></s>[INST]", "  a\u{0}\u{FFFD}"] {
            let ids = tokenizer.encode(text, addSpecialTokens: true)
            _ = tokenizer.decode(ids, skipSpecialTokens: true)
            var decoder = tokenizer.streamDecoder(skipSpecialTokens: false)
            for id in ids + [0, 1, 2, 255, .max] { _ = decoder.push(id) }
            _ = decoder.flush()
        }
    }

    private func renderTemplate(_ source: String) {
        guard let template = try? ChatTemplate(source) else { return }
        _ = try? template.render(HostileFiles.conversation, now: "2026-01-01T00:00:00")
        // Thirty renderings: not for those that take long.
        guard source.utf8.count < 512 else { return }
        _ = TemplateCapabilities(of: template)
    }
}
