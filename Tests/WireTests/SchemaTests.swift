import Contract
import JSON
import TestSupport
import Testing
import Wire

@Suite struct `The schemas of messages` {
    static let withJSON: [MessageKind] = [
        .hello, .welcome, .error, .submit, .refused, .lost, .models, .lease, .declined, .done,
        .load, .unload, .stock, .manage, .managed,
        .seek, .handover, .claim, .unfound,
    ]

    @Test(arguments: withJSON)
    func `describe every body that is written`(kind: MessageKind) throws {
        let schema = JSONSchema(root: try load("\(kind.rawValue).json"), resolve: load)
        for seed in UInt64(0)..<300 {
            var random = SplitMix64(seed: seed)
            let bytes = try FrameCodec.encode(random.envelope(kind))
            try schema.check(try JSONValue(parsing: bytes[48...]))
        }
    }

    @Test(arguments: withJSON)
    func `ask for no member that the reader could do without, and the other way round`(
        kind: MessageKind
    ) throws {
        var random = SplitMix64(seed: 1)
        var bytes = try FrameCodec.encode(random.envelope(kind))
        let body = try JSONValue(parsing: bytes[48...])
        let required = try load("\(kind.rawValue).json")["required"]?.arrayValue ?? []
        for key in body.objectValue?.keys ?? [] {
            guard var object = body.objectValue else { continue }
            object[key] = nil
            bytes = Array(bytes[..<48]) + JSONValue.object(object).serialized
            bytes.seal()
            let accepted = (try? FrameCodec.decode(bytes)) != nil
            #expect(accepted == !required.contains(.string(key)), "\(key)")
        }
    }

    @Test func `ignore what a later version adds`() throws {
        var bytes = try FrameCodec.encode(Envelope(header: .zero, message: .models([])))
        bytes = Array(bytes[..<48]) + Array(#"{"models":[],"later":{"a":[1]}}"#.utf8)
        bytes.seal()
        #expect(try FrameCodec.decode(bytes) == .envelope(Envelope(header: .zero, message: .models([]))))
    }

    @Test func `list every error code once, in order`() throws {
        let codes = try load("errors.json")["errors"]?.arrayValue?.compactMap { $0["code"]?.stringValue }
        #expect(codes == ErrorCode.allCases.map(\.rawValue))
        #expect(
            try load("error.json")["properties"]?["code"]?["enum"]
                == .array((codes ?? []).map { .string($0) })
        )
    }

    private func load(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: try TestFile.bytes(of: "\(PackageFolder.path)/schemas/\(name)"))
    }
}
