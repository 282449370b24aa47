import HttpClient
import Testing

@Suite struct `A web address` {
    @Test func `has an origin that tells servers apart`() throws {
        let address = try #require(WebAddress("https://Hub.example/a?b=c"))
        #expect(address.origin.description == "https://hub.example:443")
        #expect(WebAddress("https://hub.example:443/")?.origin == address.origin)
        for other in ["http://hub.example/", "https://hub.example:444/", "https://hub.example.org/"] {
            #expect(try #require(WebAddress(other)).origin != address.origin, "\(other)")
        }
    }

    @Test(arguments: [
        "", "hub", "ftp://hub/x", "file:///etc/passwd", "http://", "https://user:word@hub/",
        "https://user@hub/", "http://hub/a b", "http://hub/\u{1}", "http://hub:99999/",
    ])
    func `is refused where it is none, or hides a name in it`(text: String) {
        // curl guesses a scheme where there is none, which is why "hub" alone must not reach it.
        #expect(WebAddress(text).map(\.description) == nil)
    }

    @Test(arguments: [
        ("https://cdn.example/x?y=1", "https://cdn.example/x?y=1"),
        ("//cdn.example/x", "https://cdn.example/x"), ("/x", "https://hub.example/x"),
        ("x", "https://hub.example/a/x"), ("?page=2", "https://hub.example/a/b?page=2"),
    ])
    func `says what a reference in its reply means`(reference: String, meaning: String) throws {
        let address = try #require(WebAddress("https://hub.example/a/b"))
        #expect(address.resolving(reference)?.description == meaning)
    }

    @Test func `leads to nothing but the web`() throws {
        let address = try #require(WebAddress("https://hub.example/a/b"))
        for reference in ["file:///etc/passwd", "ftp://hub/x", "gopher://hub/x"] {
            #expect(address.resolving(reference) == nil)
        }
    }
}
