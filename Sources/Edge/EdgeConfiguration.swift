public import Dialects
public import Http
public import Messaging
public import ResponseStore

/// What an edge is started with.
public struct EdgeConfiguration: Sendable {
    public var address: ListenAddress
    public var coordinator: Messaging.Endpoint
    /// Asked in turn where the coordinator does not answer.
    public var standbys: [Messaging.Endpoint] = []
    /// Where this edge takes tokens.
    public var tokens: Messaging.Endpoint
    /// Where it tells workers to bring them; nil: at `tokens`, with its real port.
    public var announced: Messaging.Endpoint?
    public var naming: ModelNaming
    /// Whose requests are whose.
    public var keys: KeyBook
    /// Who may load and unload models.
    public var admin: AdminDoor
    /// Where responses are kept; all loops of a process share it.
    public var responses: ResponseStore
    /// What is taken out of prompts.
    public var volatile: VolatileText
    /// What is done about requests that come again.
    public var retries = RetryRules()
    public var http: HttpLimits
    /// How long connections are still accepted after SIGTERM: until whoever balances has seen that this edge
    /// is not ready any more.
    public var drainDelay = Duration.zero
    /// Shown at `/version`.
    public var version: String

    public init(
        address: ListenAddress,
        coordinator: Messaging.Endpoint,
        tokens: Messaging.Endpoint,
        naming: ModelNaming = ModelNaming(),
        keys: KeyBook = KeyBook(),
        admin: AdminDoor = AdminDoor(KeyBook()),
        responses: ResponseStore,
        volatile: VolatileText = .standard,
        http: HttpLimits = HttpLimits(),
        version: String
    ) {
        self.address = address
        self.coordinator = coordinator
        self.tokens = tokens
        self.naming = naming
        self.keys = keys
        self.admin = admin
        self.responses = responses
        self.volatile = volatile
        self.http = http
        self.version = version
    }
}
