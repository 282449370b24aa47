import Testing

@testable import Load

@Suite struct `The address of a server` {
    @Test(arguments: [
        ("http://127.0.0.1:8080", "127.0.0.1", 8080, ""),
        ("http://localhost", "localhost", 80, ""),
        ("http://mill.local:81/api/", "mill.local", 81, "/api"),
        ("http://[::1]:8080/a/b", "::1", 8080, "/a/b"),
        ("http://[::1]", "::1", 80, ""),
    ])
    func `is read from a URL`(url: String, host: String, port: UInt16, path: String) throws {
        let parts = try LoadAddress.Parts(url)
        #expect(parts.host == host)
        #expect(parts.port == port)
        #expect(parts.path == path)
    }

    @Test(arguments: [
        "https://a", "ftp://a", "http://", "http://:80", "http://a:", "http://a:0", "http://a:65536",
        "http://a:b", "http://[::1", "http://[::1]80", "http://[]", "",
    ])
    func `is refused when it is none`(url: String) {
        #expect(throws: LoadAddress.Fault.self) { try LoadAddress.Parts(url) }
    }
}
