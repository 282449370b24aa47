public import Telemetry

/// What `millrace models load`, `unload` and `status` are told.
public struct ModelsManageOptions: Hashable, Sendable {
    public enum Deed: Hashable, Sendable {
        case load(String)
        case reload(String)
        case unload(String)
        case status
    }

    public var deed: Deed
    public var url: String
    /// Nil: wherever it suits.
    public var worker: String?
    /// Nil: none is sent.
    public var key: Redacted<String>?
    public var isQuiet = false
    public var printsJSON = false

    init(_ settings: Settings) throws(UsageError) {
        switch settings.command {
        case .modelsLoad:
            let model = try settings.onlyArgument("MODEL")
            deed = settings.flag(.reload) ? .reload(model) : .load(model)
            isQuiet = settings.flag(.quiet)
        case .modelsUnload: deed = .unload(try settings.onlyArgument("MODEL"))
        default:
            deed = .status
            printsJSON = settings.flag(.jsonOutput)
        }
        url = settings.text(.manageURL)
        if settings.command != .modelsStatus { worker = settings.optionalText(.manageWorker) }
        if let path = settings.optionalText(.manageKeyFile) {
            key = Redacted(try Self.key(in: path, settings.surroundings))
        }
    }

    /// The first line that is no remark.
    private static func key(in path: String, _ surroundings: Surroundings) throws(UsageError) -> String {
        let text = String(decoding: try surroundings.file(path), as: UTF8.self)
        let lines = text.split { $0 == "\n" || $0 == "\r\n" }.filter { !$0.hasPrefix("#") }
        guard let line = lines.first, line.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw UsageError("\(path) holds no key: one line of printable bytes without spaces")
        }
        return String(line)
    }
}
