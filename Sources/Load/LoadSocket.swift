internal import CLinux
internal import Glibc

/// A client's connection to a port of this machine.
struct LoadSocket: ~Copyable {
    let descriptor: Int32

    /// Waits until the connection stands; reads and writes never wait.
    init(port: UInt16) throws(LoadFault) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .last("socket") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafePointer(to: &address) { pointer in
            connect(descriptor, UnsafeRawPointer(pointer).assumingMemoryBound(to: sockaddr.self), size)
        }
        guard code == 0 else { throw .last("connect") }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        guard linux_set_nonblocking(descriptor) == 0 else { throw .last("fcntl") }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// A request is small and its connection idle, so that the system always has room for it.
    func send(_ bytes: [UInt8]) throws(LoadFault) {
        let count = bytes.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count >= 0 else { throw .last("send") }
        guard count == bytes.count else { throw .cutShort(taken: count, of: bytes.count) }
    }

    /// How many bytes came; 0 when there are none yet.
    func receive(into buffer: inout [UInt8]) throws(LoadFault) -> Int {
        let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count > 0 { return count }
        guard count < 0 else { throw .closed }
        let code = linux_errno()
        guard code == EAGAIN || code == EINTR else { throw .system(call: "recv", code: code) }
        return 0
    }
}
