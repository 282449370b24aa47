internal import Engine
public import ModelFiles
public import Transformer

extension ModelSource {
    /// Opens a model that is to guess ahead of `model`, with a quarter of the memory for keys and values.
    public func openDraft(
        for model: any LanguageModel,
        _ options: TransformerOptions
    ) throws -> any LanguageModel {
        var options = options
        switch options.memory {
        case .bytes(let count): options.memory = .bytes(max(1, count / 4))
        case .blocks: break
        }
        let draft = try TransformerModel(source: self, options: options)
        if let obstacle = Drafter.obstacle(to: draft, for: model) {
            throw ModelFileError(path, "vocab_size", obstacle)
        }
        return draft
    }
}
