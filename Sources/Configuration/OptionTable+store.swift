/// What outlives a request.
extension Option {
    static let store = Option(
        name: "store",
        kind: .store,
        placeholder: "URL",
        help: "Keeps responses of /v1/responses in this file, so that they outlive restarts: "
            + "sqlite:///path/to/file. Edges of one machine may share it.",
        commands: [.serve, .edge],
        fallbackNote: "in memory",
        path: "store"
    )
}

extension Settings {
    /// The file of `--store`; nil keeps everything in memory.
    var storePath: String? {
        optionalText(.store).map { String($0.dropFirst(OptionKind.storeScheme.count)) }
    }
}
