import Constraints
import Contract
import JSON

/// A constraint and a text to whether the text could be generated under it.
struct AcceptsSubject: LineSubject {
    func answer(_ request: InspectRequest) throws(InspectError) -> [UInt8] {
        let text = try request.requiredText("text")
        let constraint = try Self.constraint(of: request)
        do throws(ConstraintError) {
            let isAccepted = try CompiledConstraint(constraint).accepts(text.utf8)
            return JSONValue.object(["accepted": .bool(isAccepted)]).serialized
        } catch {
            throw InspectError(
                "\(error)",
                details: error.keyword.map { ["unsupported": .string($0)] } ?? [:]
            )
        }
    }

    private static func constraint(of request: InspectRequest) throws(InspectError) -> OutputConstraint {
        if let schema = request.object["schema"] {
            return OutputConstraint(.schema, String(decoding: schema.serialized, as: UTF8.self))
        }
        if let regex = try request.text("regex") { return OutputConstraint(.regex, regex) }
        if let grammar = try request.text("grammar") { return OutputConstraint(.grammar, grammar) }
        guard let choice = request.value("choice") else {
            throw InspectError("\"schema\", \"regex\", \"grammar\" or \"choice\" is missing")
        }
        return OutputConstraint(.choice, String(decoding: choice.serialized, as: UTF8.self))
    }
}
