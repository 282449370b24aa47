import Messaging
import Testing

@Suite struct `An endpoint` {
    @Test(arguments: [
        "inproc://tokens", "ipc:///run/millrace/control", "ipc://relative", "tcp://127.0.0.1:5555",
        "tcp://127.8.9.1:1", "tcp://localhost:0", "tcp://[::1]:65535",
    ])
    func `within this machine is accepted as it is`(text: String) throws {
        #expect(try Endpoint(text).description == text)
    }

    @Test(arguments: [
        "", "tokens", "pgm://eth0;239.0.0.1:5555", "epgm://x", "norm://x", "vmci://*", "udp://127.0.0.1:1",
        "TCP://127.0.0.1:1", "inproc://", "inproc:tokens", "ipc://", "ipc://*", "ipc://@abstract",
        "ipc://a\nb",
        "tcp://", "tcp://:1", "tcp://*:5555", "tcp://0.0.0.0:1", "tcp://[::]:1", "tcp://[0:0::0]:1",
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:", "tcp://127.0.0.1:*", "tcp://127.0.0.1:65536", "tcp://127.0.0.1:+1",
        "tcp://127.0.0.1:1 ",
        "tcp://127.1:1", "tcp://2130706433:1", "tcp://127.0.0.256:1", "tcp://127.0.0.1.5:1", "tcp://::1:1",
        "tcp://[::1:1", "tcp://[fe80::1%eth0]:1", "tcp://127.0.0.1:1;127.0.0.1:2", "tcp://a b:1", "tcp://ü:1",
        "tcp://[::ffff:127.0.0.1]:1",
    ])
    func `of any other kind is refused, whatever is allowed`(text: String) {
        #expect(throws: MessagingError.self) { try Endpoint(text, allowInsecure: true) }
    }

    @Test(arguments: [
        "tcp://10.0.0.7:5555", "tcp://coordinator:5555", "tcp://[2001:db8::1]:5555", "tcp://128.0.0.1:1",
    ])
    func `beyond this machine is refused unless it is allowed`(text: String) throws {
        let error = #expect(throws: MessagingError.self) { try Endpoint(text) }
        #expect(error?.description.contains("beyond loopback") == true)
        #expect(try Endpoint(text, allowInsecure: true).transport == .tcp)
    }

    @Test func `has a path that fits a Unix socket`() throws {
        let longest = String(repeating: "x", count: 107)
        #expect(try Endpoint("ipc://" + longest).transport == .ipc)
        #expect(throws: MessagingError.self) { try Endpoint("ipc://x" + longest) }
    }
}
