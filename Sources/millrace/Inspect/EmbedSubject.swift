import Configuration
import Engine
import JSON
import ModelFiles
import Tokenizer
import Transformer

/// Text to the vector that stands for its meaning.
struct EmbedSubject: InspectSubject {
    private let model: EmbeddingModel
    private let tokenizer: EmbeddingTokenizer

    init(_ options: InspectOptions) throws {
        let source = try ModelSource(path: options.modelPath)
        model = try EmbeddingModel(
            source: source,
            options: TransformerOptions(memory: .blocks(1), threads: options.threadCount)
        )
        tokenizer = EmbeddingTokenizer(
            tokenizer: try Tokenizer(source.tokenizer),
            config: model.config,
            tokenLimit: model.tokenLimit
        )
    }

    /// The lines of a batch go through the model together.
    func answer(_ requests: [Result<InspectRequest, InspectError>]) -> [Result<[UInt8], InspectError>] {
        let inputs = requests.map { request in
            request.flatMap { request in
                do throws(InspectError) {
                    return .success(try input(request))
                } catch {
                    return .failure(error)
                }
            }
        }
        do {
            let vectors = try model.embed(inputs.compactMap { try? $0.get() })
            var rest = vectors[...]
            return inputs.map { input in
                input.flatMap { input in
                    guard let vector = rest.popFirst() else { return .failure(InspectError("not computed")) }
                    return .success(line(vector, input))
                }
            }
        } catch {
            return inputs.map { $0.flatMap { _ in .failure(InspectError("\(error)")) } }
        }
    }

    private func input(_ request: InspectRequest) throws(InspectError) -> TextInput {
        let text = try request.requiredText("text"), name = try request.text("prompt_name")
        do {
            let input = try tokenizer.input(text, promptName: name)
            guard !input.ids.isEmpty else { throw InspectError("\"text\" has no tokens") }
            if let wrong = input.ids.first(where: { Int($0) >= model.vocabularySize }) {
                throw InspectError("token \(wrong) is not in the model's vocabulary")
            }
            return input
        } catch let error as InspectError {
            throw error
        } catch {
            throw InspectError("\(error)")
        }
    }

    private func line(_ vector: [Float], _ input: TextInput) -> [UInt8] {
        var bytes = Array(#"{"embedding":["#.utf8)
        for (index, number) in vector.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            JSONWriter.append(number, to: &bytes)
        }
        return bytes + Array(#"],"token_count":\#(input.ids.count)}"#.utf8)
    }
}
