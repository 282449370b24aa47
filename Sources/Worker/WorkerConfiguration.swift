public import Engine
public import Messaging
public import ModelFiles
public import Transformer

/// What a worker is started with.
public struct WorkerConfiguration: Sendable {
    public var coordinator: Messaging.Endpoint
    /// Asked in turn where the coordinator does not answer.
    public var standbys: [Messaging.Endpoint] = []
    public var models: [ServedModel]
    public var options: TransformerOptions
    public var limits: EngineLimits
    /// Guesses ahead of the served models.
    public var draft: ModelSource?
    /// Nil: nothing is kept on disk.
    public var prefixes: PrefixDirectory?
    /// Longest sequence that is taken on, where it is to be less than the model's context.
    public var maxContextTokens: Int?
    /// The program's version: another one may compute differently.
    public var version: String
    /// Whether edges may be dialed beyond this machine without encryption.
    public var allowsInsecure: Bool
    /// Computed before the first job is taken.
    public var warmup: [WarmupPrompt]
    /// A model without weights instead of the served ones' own: measures everything but the engine.
    public var isScripted: Bool
    /// All that may be loaded, `models` among them; what `models` has and this lacks stays as it is.
    public var catalogue: [CatalogueModel]
    /// For all models together; nil: none is loaded or unloaded after the start.
    public var memoryBudgetBytes: UInt64?

    public init(
        coordinator: Messaging.Endpoint,
        models: [ServedModel],
        options: TransformerOptions,
        limits: EngineLimits = EngineLimits(),
        prefixes: PrefixDirectory? = nil,
        maxContextTokens: Int? = nil,
        version: String = "",
        allowsInsecure: Bool = false
    ) {
        self.coordinator = coordinator
        self.models = models
        self.options = options
        self.limits = limits
        self.prefixes = prefixes
        self.maxContextTokens = maxContextTokens
        self.version = version
        self.allowsInsecure = allowsInsecure
        warmup = []
        isScripted = false
        catalogue = []
        memoryBudgetBytes = nil
    }
}
