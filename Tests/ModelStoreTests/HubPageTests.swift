import JSON
import Testing

@testable import ModelStore

@Suite struct `A page of a hub` {
    private static let blob = String(repeating: "a", count: 40)
    private static let sha256 = String(repeating: "B", count: 64)

    private func page(_ entries: JSONValue...) throws(StoreError) -> [RemoteFile] {
        try HubPage(.array(entries), url: "http://hub/tree").files
    }

    @Test func `names small files by their blob and large ones by what they stand for`() throws {
        let large: JSONValue = [
            "type": "file", "path": "w", "size": 5_000_000_000, "oid": .string(Self.blob),
            "lfs": ["oid": .string(Self.sha256), "size": 5_000_000_000, "pointerSize": 134],
        ]
        let small: JSONValue = [
            "type": "file", "path": "d/s", "size": 0, "oid": .string(Self.blob), "lfs": .null,
        ]
        let files = try page(["type": "directory", "path": "../d"], large, small)
        #expect(files.map(\.path.description) == ["w", "d/s"])
        #expect(files.map(\.byteCount) == [5_000_000_000, 0])
        #expect(files.map(\.digest.hex) == [Self.sha256.lowercased(), Self.blob])
    }

    @Test(
        arguments: [
            ["type": "file", "path": "../x", "size": 1, "oid": .string(blob)],
            ["type": "file", "size": 1, "oid": .string(blob)],
            ["type": "file", "path": "x", "size": -1, "oid": .string(blob)],
            ["type": "file", "path": "x", "size": 1.5, "oid": .string(blob)],
            ["type": "file", "path": "x", "oid": .string(blob)],
            ["type": "file", "path": "x", "size": 1], ["type": "file", "path": "x", "size": 1, "oid": "zz"],
            ["type": "file", "path": "x", "size": 1, "oid": .string(blob), "lfs": ["size": 1]],
            ["type": "file", "path": "x", "size": 1, "oid": .string(blob), "lfs": 7],
        ] as [JSONValue]
    )
    func `is refused where it makes no sense`(entry: JSONValue) {
        #expect(throws: StoreError.self) { try page(entry) }
    }

    @Test(arguments: [
        (#"<http://hub/x?cursor=a%3D>; rel="next""#, "http://hub/x?cursor=a%3D"),
        (#"<a>; rel="prev", <b>; type=x; rel=next"#, "b"), (#"<a>; rel="prev""#, nil), ("", nil),
        ("nonsense; rel=next", nil), ("<a; rel=next", nil),
    ])
    func `links to the next`(field: String, next: String?) {
        #expect(nextLink(field) == next)
    }
}

@Suite struct `A digest` {
    private func hex(_ digest: FileDigest, _ pieces: [[UInt8]]) throws -> String {
        let stream = try DigestStream(digest, byteCount: pieces.reduce(0) { $0 + $1.count })
        for piece in pieces { piece.withUnsafeBytes { stream.update($0) } }
        return stream.finish()
    }

    @Test func `is that of the published test vectors, however the bytes are cut`() throws {
        let sha256 = try #require(FileDigest(sha256: String(repeating: "0", count: 64)))
        let wanted = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(try hex(sha256, [Array("abc".utf8)]) == wanted)
        #expect(try hex(sha256, [Array("a".utf8), [], Array("bc".utf8)]) == wanted)
    }

    @Test func `of a small file is the name of its blob`() throws {
        let blob = try #require(FileDigest(gitBlob: String(repeating: "0", count: 40)))
        #expect(try hex(blob, []) == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
        #expect(try hex(blob, [Array("hello\n".utf8)]) == "ce013625030ba8dba906f756967f9e9ca394464a")
    }
}
