import Dialects
import JSON
import TestSupport
import Testing

@Suite struct `The OpenAPI description` {
    private let document: JSONValue

    init() throws {
        let path = PackageFolder.path + "/schemas/openapi.json"
        document = try JSONValue(parsing: TestFile.bytes(of: path))
    }

    @Test(arguments: `A numeric field`.ranges)
    func `gives every numeric field the range that is enforced`(range: `A numeric field`.Range) throws {
        let field = try #require(try request(of: range.endpoint)["properties"]?[range.field])
        #expect(field["minimum"]?.numberValue == range.least.numberValue)
        #expect(field["maximum"]?.numberValue == range.most.numberValue)
    }

    @Test(arguments: GoldenCase.all()) func `asks for nothing that a golden request does without`(
        golden: GoldenCase
    )
        throws
    {
        let sent = try #require(try JSONValue(parsing: golden.request).objectValue)
        let needed = try #require(try request(of: golden.endpoint)["required"]?.arrayValue)
        for name in needed { #expect(sent[name.stringValue ?? ""] != nil) }
    }

    /// The schema of an endpoint's request body.
    private func request(of endpoint: GenerationEndpoint) throws -> JSONValue {
        let post = try #require(document["paths"]?[endpoint.path]?["post"])
        let body = try #require(post["requestBody"]?["content"]?["application/json"])
        let reference = try #require(body["schema"]?["$ref"]?.stringValue)
        let name = try #require(reference.split(separator: "/").last)
        return try #require(document["components"]?["schemas"]?[String(name)])
    }
}
