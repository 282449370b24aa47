import Contract
import JSON
import TestSupport
import Testing

@testable import Constraints

@Suite struct `Very many tools` {
    private static func tags(_ parameters: JSONValue) -> TagNotation {
        var tags = TagNotation(
            open: Array("<parameter=".utf8),
            keyEnd: Array(">".utf8),
            valueOpen: [],
            valueEnd: Array("</parameter>".utf8),
            hasValueLines: true,
            enders: ["</parameter>"]
        )
        for name in parameters["properties"]?.objectValue?.keys ?? [] {
            tags.kinds[name] = [.null, .boolean, .integer, .number, .string, .array, .object]
        }
        return tags
    }

    @Test(arguments: 0..<4) func `are compiled within the limits, in every notation`(form: Int) throws {
        let calls = (0..<500).map { number in
            let parameters = ManyTools.parameters(number)
            let forms: [ArgumentNotation] = [
                .object(.json), .object(.python), .keywords, .tagged(Self.tags(parameters)),
            ]
            return Outline.call(
                of: "tool_\(number)",
                .sequence([.text("tool_\(number)"), .arguments(parameters, forms[form])])
            )
        }
        let compiled = try CompiledConstraint(OutlineRules([.choice(calls)]))
        #expect(!compiled.accepts(Array("tool_7".utf8)))
    }

    @Test func `cost little more than the first`() throws {
        var compiler = SchemaCompiler(try Grammar())
        var spent: [Int] = []
        for number in 0..<500 {
            let left = compiler.budget.left
            _ = try compiler.arguments(of: ManyTools.parameters(number), .object(.json))
            spent.append(left - compiler.budget.left)
        }
        let last = spent.suffix(400)
        #expect(last.reduce(0, +) / last.count < 4000, "\(spent.reduce(0, +)) steps for 500 tools")
    }
}
