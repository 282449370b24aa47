import Contract
import Engine
import JSON
import ModelFiles
import Templates
import Tokenizer
import Worker

/// Text to ids.
struct TokenizeSubject: LineSubject {
    private let tokenizer: Tokenizer

    init(path: String) throws { tokenizer = try Tokenizer(ModelSource(path: path).tokenizer) }

    func answer(_ request: InspectRequest) throws(InspectError) -> [UInt8] {
        let text = try request.requiredText("text")
        let adds = try request.flag("add_special_tokens", default: true)
        let parses = try request.flag("parse_special_tokens", default: true)
        guard let pair = try request.text("text_pair") else {
            let ids = tokenizer.encode(text, addSpecialTokens: adds, parseSpecialTokens: parses)
            return JSONValue.object(["ids": .ids(ids)]).serialized
        }
        let both = tokenizer.encode(text, pair: pair, addSpecialTokens: adds, parseSpecialTokens: parses)
        return JSONValue.object(["ids": .ids(both.ids), "type_ids": .ids(both.typeIDs)]).serialized
    }
}

/// Ids to text, whole and as it would be streamed.
struct DetokenizeSubject: LineSubject {
    private let tokenizer: Tokenizer

    init(path: String) throws { tokenizer = try Tokenizer(ModelSource(path: path).tokenizer) }

    func answer(_ request: InspectRequest) throws(InspectError) -> [UInt8] {
        guard let ids = try request.ids("ids") else { throw InspectError("\"ids\" is missing") }
        let skips = try request.flag("skip_special_tokens", default: false)
        var decoder = tokenizer.streamDecoder(skipSpecialTokens: skips)
        var pieces = ids.map { decoder.push($0) }
        let rest = decoder.flush()
        if pieces.isEmpty { pieces = rest.isEmpty ? [] : [rest] } else { pieces[pieces.count - 1] += rest }
        let text = tokenizer.decode(ids, skipSpecialTokens: skips)
        return JSONValue.object(["text": .string(text), "pieces": .array(pieces.map(JSONValue.string))])
            .serialized
    }
}

/// Messages to the prompt's text, by a model's chat template or by a template file.
struct RenderSubject: LineSubject {
    private let template: ChatTemplate
    private let source: ModelSource?

    init(path: String) throws {
        if path.hasSuffix(".jinja") {
            source = nil
            template = try ChatTemplate(TextFile.read(path))
        } else {
            let source = try ModelSource(path: path)
            guard let text = source.chatTemplateSource else {
                throw InspectError("\(path) has no chat template")
            }
            self.source = source
            template = try ChatTemplate(text)
        }
    }

    func answer(_ request: InspectRequest) throws(InspectError) -> [UInt8] {
        var variables = request.object
        let now = try request.text("now")
        variables["now"] = nil
        do throws(TemplateError) {
            let text = try template.render(TemplateVariables.complete(variables, for: source), now: now)
            return JSONValue.object(["text": .string(text)]).serialized
        } catch {
            throw InspectError(error.message, details: ["raised": .bool(error.raised)])
        }
    }
}

extension JSONValue {
    static func ids(_ ids: [TokenID]) -> JSONValue { .array(ids.map { .integer(Int64($0)) }) }
}

extension InspectError: CustomStringConvertible {
    var description: String { message }
}
