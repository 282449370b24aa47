import Contract
import Dialects
import Testing

@testable import Edge

@Suite struct `The door of operators` {
    @Test(arguments: ["127.0.0.1:5", "127.9.9.9:1", "[::1]:80", "[::ffff:127.0.0.1]:80"])
    func `lets in who asks from the machine itself, where there are no keys`(peer: String) throws {
        try AdminDoor(KeyBook()).check(RequestHeaders(), from: peer)
    }

    @Test(arguments: [
        "192.0.2.1:5", "128.0.0.1:1", "[2001:db8::1]:80", "[::ffff:10.0.0.1]:80", "unknown", "",
    ])
    func `keeps others out, and says why`(peer: String) {
        let error = #expect(throws: DialectError.self) {
            try AdminDoor(KeyBook()).check(RequestHeaders(), from: peer)
        }
        #expect(error?.code == .unauthorized)
    }

    @Test func `takes nobody for local who comes through a proxy`() {
        #expect(throws: DialectError.self) {
            try AdminDoor(KeyBook()).check(
                RequestHeaders([("X-Forwarded-For", "10.0.0.1")]),
                from: "127.0.0.1:5"
            )
        }
    }

    @Test func `asks for a key where there are any, wherever who asks is`() throws {
        var book = KeyBook()
        book.add(secret: "operator", of: "admin")
        let door = AdminDoor(book)
        try door.check(RequestHeaders([("authorization", "Bearer operator")]), from: "192.0.2.1:5")
        #expect(throws: DialectError.self) { try door.check(RequestHeaders(), from: "127.0.0.1:5") }
    }
}
