internal import CLinux
internal import Glibc

/// A client's connection to a server.
struct LoadSocket: ~Copyable {
    let descriptor: Int32

    /// Waits until the connection stands; reads and writes never wait.
    init(_ address: LoadAddress) throws(LoadFault) {
        descriptor = socket(address.family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .last("socket") }
        guard address.connect(descriptor) == 0 else { throw .last("connect") }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        guard linux_set_nonblocking(descriptor) == 0 else { throw .last("fcntl") }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// How many of the bytes the system took; 0 when it has no room now.
    func send(_ bytes: ArraySlice<UInt8>) throws(LoadFault) -> Int {
        let count = bytes.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count >= 0 { return count }
        let code = linux_errno()
        guard code == EAGAIN || code == EINTR else { throw .system(call: "send", code: code) }
        return 0
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
