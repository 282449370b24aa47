import JSON
import Templates
import TestSupport
import Testing

/// Small templates for every part of the language, with what the original renders or says.
@Suite struct `The template language, compared with the original,` {
    private static let path = PackageFolder.path + "/Tests/TemplatesTests/Fixtures/language.json"
    private static let document = try? JSONValue(parsing: TestFile.bytes(of: path))
    static let groups = (document?["groups"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }

    @Test func `has its reference at hand`() { #expect(Self.groups.count == 15) }

    @Test(arguments: groups) func `agrees about`(group: String) throws {
        let document = try #require(Self.document)
        let context = try #require(document["context"]?.objectValue)
        let entry = document["groups"]?.arrayValue?.first { $0["name"]?.stringValue == group }
        for wanted in entry?["cases"]?.arrayValue ?? [] {
            let source = try #require(wanted["source"]?.stringValue)
            let label = Comment(rawValue: source)
            let result = Result {
                try ChatTemplate(source).render(context, now: document["now"]?.stringValue)
            }
            switch result {
            case .success(let text):
                let expected = try #require(wanted["expected"]?.stringValue, label)
                #expect(Array(text.utf8) == Array(expected.utf8), label)
            case .failure(let failure):
                let error = try #require(failure as? TemplateError)
                let raised = wanted["raises"]?.stringValue
                #expect(error.raised == (raised != nil), label)
                #expect(error.message == raised ?? wanted["fails"]?.stringValue, label)
            }
        }
    }
}
