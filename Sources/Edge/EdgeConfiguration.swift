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
    /// Where this edge takes tokens, and tells workers to bring them.
    public var tokens: Messaging.Endpoint
    public var naming: ModelNaming
    /// Whose requests are whose.
    public var keys: KeyBook
    /// Where responses are kept; all loops of a process share it.
    public var responses: ResponseStore
    /// What is taken out of prompts.
    public var volatile: VolatileText
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
        self.responses = responses
        self.volatile = volatile
        self.http = http
        self.version = version
    }
}
