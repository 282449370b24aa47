internal import Contract
internal import Engine
internal import JSON
internal import ModelFiles
internal import Tokenizer

extension ServedModel {
    /// How files say that they hold no weights, and ask for a model that says what it is told; for tests.
    private static let echoType = "millrace_echo"

    /// The model of such files; nil for all others.
    func echoModel() throws(EchoFault) -> EchoModel? {
        guard source.configJSON?["model_type"]?.stringValue == Self.echoType else { return nil }
        func id(_ token: String) throws(EchoFault) -> TokenID {
            guard let id = tokenizer.id(of: token) else { throw EchoFault(token: token) }
            return id
        }
        let signs = EchoModel.Signs(
            say: try id("<|say|>"),
            said: try id("<|said|>"),
            reply: try id("<|reply|>"),
            end: try id("<|over|>")
        )
        return EchoModel(signs, vocabularySize: tokenizer.vocabularySize)
    }
}

/// A tokenizer lacks what the model of such files needs.
struct EchoFault: Error, CustomStringConvertible {
    var token: String

    var description: String { "the tokenizer of an echo model has no token \(token)" }
}
