import Contract
import Dialects
import Testing

@testable import Edge

@Suite struct `A book of keys` {
    private static let book: KeyBook = {
        var book = KeyBook()
        book.add(tenant: "bots")
        book.add(secret: "bots-secret", of: "bots")
        book.add(secret: "second secret", of: "bots")
        // Of "abc", as FIPS 180-2 gives it.
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        let digits = Array(digest)
        let bytes = stride(from: 0, to: 64, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
        book.add(digest: bytes, of: "batch")
        return book
    }()

    private func headers(_ fields: (String, String)...) -> RequestHeaders {
        RequestHeaders(fields.map { (name: $0.0, value: $0.1) })
    }

    @Test(arguments: [
        ("authorization", "Bearer bots-secret", "bots"), ("authorization", "bearer   bots-secret", "bots"),
        ("authorization", "Bearer second secret", "bots"), ("x-api-key", "bots-secret", "bots"),
        ("x-api-key", "abc", "batch"), ("authorization", "BEARER abc", "batch"),
    ]) func `tells whose a key is, however it is sent`(field: String, value: String, tenant: String) throws {
        #expect(try Self.book.tenant(of: headers((field, value))) == tenant)
    }

    @Test func `takes the key that somebody has, of two`() throws {
        let both = headers(("authorization", "Bearer none-of-ours"), ("x-api-key", "abc"))
        #expect(try Self.book.tenant(of: both) == "batch")
    }

    @Test(arguments: [
        ("authorization", "Bearer bots-Secret"), ("authorization", "Basic bots-secret"),
        ("authorization", "bots-secret"), ("authorization", "Bearer"), ("authorization", "Bearer "),
        ("x-api-key", "Bearer abc"), ("x-api-key", ""), ("x-other", "abc"),
    ]) func `refuses who has none that somebody has, and never repeats it`(field: String, value: String) {
        let error = #expect(throws: DialectError.self) { try Self.book.tenant(of: headers((field, value))) }
        #expect(error?.code == .unauthorized)
        let isRepeated = !value.isEmpty && error?.detail.contains("secret") ?? true
        #expect(!isRepeated)
    }

    @Test func `lets the open tenant have requests without a key of somebody's`() throws {
        var book = Self.book
        book.add(tenant: "public", isOpen: true)
        #expect(try book.tenant(of: headers()) == "public")
        #expect(try book.tenant(of: headers(("x-api-key", "whatever"))) == "public")
        #expect(try book.tenant(of: headers(("x-api-key", "abc"))) == "batch")
        #expect(book.tenants == ["bots", "batch", "public"])
    }

    @Test func `parts what has different salts, and tenants that have the same one`() {
        var book = Self.book
        book.share("batch", in: "all")
        book.share("other", in: "all")
        #expect(book.scope(of: "bots") == nil)
        #expect(book.scope(of: "batch") == "all")
        let salted = book.scope(of: "batch", salt: "a")
        #expect(salted != nil && salted == book.scope(of: "other", salt: "a"))
        let all = ["bots", "all", "batch"].flatMap { tenant in
            ["a", "b", "a\0b"].map { book.scope(of: tenant, salt: $0) }
        }
        #expect(Set(all).count == 9)
        #expect(all.allSatisfy { ($0?.utf8.count ?? 0) < 80 })
    }

    @Test func `asks nobody where there are no keys`() throws {
        #expect(try KeyBook().tenant(of: headers(("x-api-key", "abc"))) == KeyBook.everybody)
        var book = KeyBook()
        book.add(tenant: "all", isOpen: true)
        #expect(try book.tenant(of: headers()) == "all")
    }
}
