internal import CLinux
internal import Glibc

/// Why a load could not be put on a server: a measurement with failures in it measures nothing.
public enum LoadFault: Error, CustomStringConvertible {
    case system(call: String, code: Int32)
    case unreadable(ReplyFault)
    case status(Int, body: String)
    case closed
    /// No reply within that many seconds.
    case silent(seconds: Int64)
    /// No reply was complete within the window of the measurement.
    case windowTooShort
    /// The system took only so many of a request's bytes.
    case cutShort(taken: Int, of: Int)

    static func last(_ call: String) -> LoadFault { .system(call: call, code: linux_errno()) }

    public var description: String {
        switch self {
        case .system(let call, let code): "\(call): \(String(cString: strerror(code)))"
        case .unreadable(let fault): fault.description
        case .status(let status, let body): "the server answered \(status): \(body)"
        case .closed: "the server closed a connection before its reply was complete"
        case .silent(let seconds): "the server did not answer within \(seconds) seconds"
        case .windowTooShort: "no reply was complete within the measurement; make it longer"
        case .cutShort(let taken, let count): "the system took \(taken) of the \(count) bytes of a request"
        }
    }
}
