/// What `millrace models list` is told.
public struct ModelsListOptions: Hashable, Sendable {
    /// Nil if the user has no home.
    public var modelsDirectory: String?
    public var printsJSON: Bool

    init(_ settings: Settings) {
        modelsDirectory = settings.modelsDirectory
        printsJSON = settings.flag(.jsonOutput)
    }
}

/// What `millrace models pull` is told.
public struct ModelsPullOptions: Hashable, Sendable {
    /// As it was typed.
    public var reference: String
    public var hub: String
    public var modelsDirectory: String
    public var isQuiet: Bool

    init(_ settings: Settings) throws(UsageError) {
        reference = try settings.onlyArgument("ORG/NAME")
        hub = settings.text(.hub)
        isQuiet = settings.flag(.quiet)
        guard let directory = settings.modelsDirectory else {
            throw UsageError("there is no place for models: set \(Option.modelsDirectory.flag) or HOME")
        }
        modelsDirectory = directory
    }
}

/// What `millrace models inspect` is told.
public struct ModelsInspectOptions: Hashable, Sendable {
    /// A path or a name.
    public var model: String
    /// Where names are looked up; nil if the user has no home.
    public var modelsDirectory: String?
    public var printsJSON: Bool

    init(_ settings: Settings) throws(UsageError) {
        model = try settings.onlyArgument("MODEL")
        modelsDirectory = settings.modelsDirectory
        printsJSON = settings.flag(.jsonOutput)
    }
}

extension Settings {
    /// The one word besides options.
    func onlyArgument(_ placeholder: String) throws(UsageError) -> String {
        guard let word = positional.first, positional.count == 1 else {
            throw UsageError("millrace \(command) needs one \(placeholder), not \(positional.count)")
        }
        return word
    }
}
