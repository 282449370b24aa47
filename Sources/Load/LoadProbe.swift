internal import Contract
internal import EventLoop
internal import Glibc

/// Asks a server once and waits for the answer.
public enum LoadProbe {
    private static let keptByteLimit = 64 << 10
    private static let patience = Duration.seconds(30)
    private static let pause = Duration.milliseconds(10)

    /// The beginning of the reply's body; any status but 200 is a fault.
    public static func body(of request: LoadRequest, port: UInt16) throws(LoadFault) -> [UInt8] {
        try body(of: request, at: LoadAddress(port: port))
    }

    public static func body(
        of request: LoadRequest,
        at address: LoadAddress
    ) throws(LoadFault) -> [UInt8] {
        let connection = LoadConnection(try LoadSocket(address), keeping: keptByteLimit)
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        try connection.send(request, at: EventLoop.monotonicNow())
        while !connection.isComplete {
            var readable = pollfd(fd: connection.descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&readable, 1, Int32(clamping: patience.milliseconds)) != 0 else {
                throw .silent(seconds: patience.components.seconds)
            }
            try connection.receive(through: &buffer, EventLoop.monotonicNow)
        }
        return connection.keptBody
    }

    /// Asks again and again until the answer is 200, or no longer.
    public static func awaitSuccess(of request: LoadRequest, port: UInt16) throws(LoadFault) {
        let end = EventLoop.monotonicNow() + patience
        while true {
            do {
                _ = try body(of: request, port: port)
                return
            } catch {
                guard case .status = error, EventLoop.monotonicNow() < end else { throw error }
                poll(nil, 0, Int32(clamping: pause.milliseconds))
            }
        }
    }
}
