internal import Glibc

/// Why a segment could not be read or written.
enum SegmentFault: Error, Hashable, CustomStringConvertible {
    case system(deed: String, path: String, code: Int32)
    case length(path: String, wanted: Int, found: Int)
    /// No header, or one that was changed.
    case header(path: String)
    /// A whole segment, but another than the one that was to be there.
    case foreign(path: String)
    case block(path: String, index: Int)

    var description: String {
        switch self {
        case .system(let deed, let path, let code):
            "cannot \(deed) \(path): \(String(cString: strerror(code)))"
        case .length(let path, let wanted, let found):
            "\(path) has \(found) bytes and not \(wanted)"
        case .header(let path): "\(path) has a damaged header"
        case .foreign(let path): "\(path) holds another prefix than its name says"
        case .block(let path, let index): "\(path): the checksum of block \(index) is wrong"
        }
    }
}
