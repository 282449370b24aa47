import JSON
import TestSupport
import Testing

@testable import Edge

@Suite struct `The table of routes` {
    @Test func `is what the OpenAPI description says`() throws {
        let bytes = try TestFile.bytes(of: PackageFolder.path + "/schemas/openapi.json")
        let paths = try #require(try JSONValue(parsing: bytes)["paths"]?.objectValue)
        let described = paths.flatMap { path, operations in
            operations.objectValue?.keys.map { "\($0.uppercased()) \(path)" } ?? []
        }
        let served = RouteTable().routes.map { route in
            let path = route.path.hasSuffix("/*") ? route.path.dropLast() + "{id}" : route.path
            return "\(route.method) \(path)"
        }
        #expect(Set(described) == Set(served))
    }

    @Test func `has the description built in, byte for byte`() throws {
        let bytes = try TestFile.bytes(of: PackageFolder.path + "/schemas/openapi.json")
        #expect(Array(bytes) == DescriptionRoute.document)
    }
}
