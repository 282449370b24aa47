internal import Console
internal import Glibc

/// Why a model could not be pulled or found; one sentence for the person who asked.
public enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The user asked to stop.
    case stopped
    /// No answer came from the hub.
    case unreachable(url: String, reason: String)
    /// The hub answered that it will not, or not now.
    case refused(String)
    /// The hub answered, but not as a hub does.
    case malformed(url: String, problem: String)
    /// What was asked for is not in the repository, or not only once.
    case choice(String)
    case checksum(path: String, wanted: String, found: String)
    case noSpace(neededBytes: Int, freeBytes: Int, folder: String)
    /// A deed that the system refused, with its error number.
    case system(deed: String, path: String, code: Int32)
    /// Something in the models directory is not as it must be.
    case store(path: String, problem: String)
    /// The network was lost too often.
    case broken(url: String, reason: String)

    public var description: String {
        switch self {
        case .stopped: "stopped"
        case .unreachable(let url, let reason): "no hub answers at \(url): \(reason)"
        case .refused(let sentence), .choice(let sentence): sentence
        case .malformed(let url, let problem): "\(url): \(problem)"
        case .checksum(let path, let wanted, let found):
            "\(path): the checksum of what came is \(found), the hub's list says \(wanted); it was discarded"
        case .noSpace(let needed, let free, let folder):
            "\(folder) has \(byteText(free)) free, but \(byteText(needed)) are still to come"
        case .system(let deed, let path, let code):
            "cannot \(deed) \(path): \(String(cString: strerror(code)))"
        case .store(let path, let problem): "\(path) \(problem)"
        case .broken(let url, let reason): "\(url): the connection broke too often: \(reason)"
        }
    }
}
