internal import JSON

/// The models that can be loaded, by name: the section `models` of the file, where that is an object.
///
/// Workers read from it what lies where, edges under which other names it is asked for.
public struct ModelOptions: Hashable, Sendable {
    public struct Model: Hashable, Sendable {
        public var name: String
        /// A path, or a name in the models directory.
        public var path: String
        /// Other names; with a star at the end, all that begin so.
        public var aliases: [String] = []
        public var isPinned = false
        public var replicas = 1
        /// Whether it is loaded before the worker takes its first job.
        public var loadsAtStart = false
        /// Nil: it stays until its memory is wanted for another.
        public var idleUnloadSeconds: Int?
        /// Nil: as much as every model has.
        public var kvMemoryBytes: Int?
        /// Nil: as every model's.
        public var outputFormat: String?
    }

    static let section = "models"

    /// In alphabetical order.
    public private(set) var models: [Model] = []
    /// Memory for all models of a worker together.
    public private(set) var memoryBytes = 0

    public init() {}

    init(_ settings: Settings) throws(UsageError) {
        if let (file, section) = settings.models { models = try ModelReader(file: file).read(section) }
        // The rest is for what is no model.
        let most = settings.surroundings.memoryByteCount / 4 * 3
        memoryBytes = settings.command.takesMemory ? settings.optionalInteger(.memory) ?? most : most
    }
}

extension Command {
    /// Whether it has models in memory that come and go.
    fileprivate var takesMemory: Bool { self == .serve || self == .worker }
}
