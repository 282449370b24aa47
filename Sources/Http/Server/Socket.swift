internal import CLinux
internal import Contract
internal import EventLoop
internal import Glibc

/// The system calls on sockets, with their types made bearable.
enum Socket {
    /// What came of accepting.
    enum Accepted {
        case connection(Int32)
        /// Nobody waits.
        case none
        /// That one was gone already.
        case gone
        case outOfDescriptors
        case outOfMemory
    }

    /// Binds and listens; the descriptor and the port, which matters if 0 was asked for.
    static func listen(
        on address: ListenAddress,
        stallTime: Duration
    ) throws(ListenError)
        -> (descriptor: Int32, port: UInt16)
    {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(address.host, String(address.port), &hints, &list)
        guard code == 0 else {
            throw ListenError(address: address, reason: String(cString: gai_strerror(code)))
        }
        defer { freeaddrinfo(list) }
        var failure = EventLoop.SystemError(call: "getaddrinfo", code: ENOENT)
        var next = list
        while let info = next {
            do {
                let descriptor = try open(info.pointee, isShared: address.isShared)
                watchPeers(descriptor, stallTime)
                return (descriptor, port(of: descriptor))
            } catch {
                failure = error
                next = info.pointee.ai_next
            }
        }
        throw ListenError(address: address, reason: failure.description)
    }

    private static func open(_ info: addrinfo, isShared: Bool) throws(EventLoop.SystemError) -> Int32 {
        let kind = info.ai_socktype | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(info.ai_family, kind, info.ai_protocol)
        guard descriptor >= 0 else { throw EventLoop.SystemError(call: "socket", code: linux_errno()) }
        set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        if isShared { set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) }
        // Inherited by accepted sockets: a token must not wait for the acknowledgement of the one before.
        set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        // `::` takes IPv4 too, whatever the system's default.
        if info.ai_family == AF_INET6 { set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
        var call = "bind"
        if bind(descriptor, info.ai_addr, info.ai_addrlen) == 0 {
            call = "listen"
            if Glibc.listen(descriptor, 4096) == 0 { return descriptor }
        }
        let code = linux_errno()
        close(descriptor)
        throw EventLoop.SystemError(call: call, code: code)
    }

    /// Lets the kernel find clients that vanished without a word, also where we have nothing to send them;
    /// inherited by accepted sockets.
    ///
    /// A reader that takes nothing for `stallTime` is dropped even if our own buffer is empty.
    private static func watchPeers(_ descriptor: Int32, _ stallTime: Duration) {
        set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
        set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE, 60)
        set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPINTVL, 15)
        set(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, Int32(clamping: stallTime.milliseconds))
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func port(of descriptor: Int32) -> UInt16 { withName(descriptor, getsockname, port) ?? 0 }

    static func accept(_ listener: Int32) -> Accepted {
        let descriptor = linux_accept(listener)
        guard descriptor < 0 else { return .connection(descriptor) }
        switch linux_errno() {
        case EAGAIN: return .none
        case EMFILE, ENFILE: return .outOfDescriptors
        case ENOBUFS, ENOMEM: return .outOfMemory
        // The others are network errors of a connection that is already over (accept(2)).
        default: return .gone
        }
    }

    /// The other end's address and port as text.
    static func peer(of descriptor: Int32) -> String { withName(descriptor, getpeername, text) ?? "unknown" }

    private static func withName<Result>(
        _ descriptor: Int32,
        _ call: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32,
        _ body: (UnsafeRawPointer) -> Result?
    ) -> Result? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            let raw = UnsafeMutableRawPointer(pointer)
            guard call(descriptor, raw.assumingMemoryBound(to: sockaddr.self), &length) == 0 else {
                return nil
            }
            return body(raw)
        }
    }

    private static func port(_ name: UnsafeRawPointer) -> UInt16? {
        // The port is at the same place for both families.
        UInt16(bigEndian: name.load(as: sockaddr_in.self).sin_port)
    }

    private static func text(_ name: UnsafeRawPointer) -> String? {
        guard let port = port(name) else { return nil }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        if name.load(as: sockaddr.self).sa_family == sa_family_t(AF_INET) {
            var address = name.load(as: sockaddr_in.self).sin_addr
            guard inet_ntop(AF_INET, &address, &buffer, socklen_t(buffer.count)) != nil else { return nil }
            return "\(string(buffer)):\(port)"
        }
        var address = name.load(as: sockaddr_in6.self).sin6_addr
        guard inet_ntop(AF_INET6, &address, &buffer, socklen_t(buffer.count)) != nil else { return nil }
        let host = string(buffer)
        // An IPv4 client of a socket for both.
        return host.hasPrefix("::ffff:") && host.contains(".")
            ? "\(host.dropFirst(7)):\(port)" : "[\(host)]:\(port)"
    }

    private static func string(_ buffer: [CChar]) -> String {
        String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// How many bytes came, 0 at the end or if the connection broke; nil: none yet.
    static func receive(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        guard count < 0 else { return count }
        return isTransient(linux_errno()) ? nil : 0
    }

    /// How many bytes were taken, 0 if there is no room; nil if the connection broke.
    ///
    /// Never raises SIGPIPE.
    static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int? {
        let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        guard count < 0 else { return count }
        return isTransient(linux_errno()) ? 0 : nil
    }

    private static func isTransient(_ code: Int32) -> Bool { code == EAGAIN || code == EINTR }

    /// Tells the other end that no more comes.
    static func endSending(_ descriptor: Int32) { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    static func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }

    /// A descriptor kept for the day when there are no others.
    static func openReserve() -> Int32 { Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC) }
}
