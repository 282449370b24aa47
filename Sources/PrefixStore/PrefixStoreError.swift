/// Why a directory cannot hold prefixes.
public enum PrefixStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Another process has it.
    case inUse(String)
    case unusable(String)

    public var description: String {
        switch self {
        case .inUse(let path): "\(path) is in use by another process"
        case .unusable(let sentence): sentence
        }
    }
}
