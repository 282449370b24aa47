internal import Contract

/// How large each part of a frame may be.
///
/// What is over a limit is not encoded, and not accepted from a peer.
public enum WireLimits {
    /// The largest frame of a coordinator's link: `hello` and `lease` only.
    public static let controlFrameBytes = 8 << 20
    /// The largest `submit`: the `lease` that hands it on says a little more, and must fit as well.
    public static let submitFrameBytes = controlFrameBytes - (2 << 10)
    /// The largest frame of a token link, and of every other message.
    public static let tokenFrameBytes = 1 << 20

    public static let jsonDepth = 32
    /// Counters in JSON stay below 2^53, so that every JSON reader gets them exactly.
    public static let jsonCounter: UInt64 = (1 << 53) - 1

    public static let nodeNameBytes = NodeID.maximumLength
    /// Models and tenants.
    public static let nameBytes = 255
    public static let endpointBytes = 255
    public static let fingerprintBytes = 1024
    /// Text for people in `error`, `refused` and a failed stream; a longer one is cut by its sender.
    public static let detailBytes = 4 << 10

    public static let promptBytes = 4 << 20
    public static let promptTokens = 1 << 20
    public static let committedTokens = 1 << 20
    /// Records that are told beside a job, and the bundles that they come in.
    public static let toldBytes = 640 << 10
    public static let toldBundles = 16
    /// What an edge writes on a job for other edges.
    public static let ticketBytes = 4 << 10
    public static let retryKeyBytes = 64
    public static let stopStrings = 256
    public static let stopStringBytes = 4 << 10
    public static let stopTokens = 1024
    public static let biases = 4096
    /// A schema, regex or grammar that a text must satisfy.
    public static let constraintBytes = 256 << 10
    public static let allowedTokens = 4096
    public static let badWords = 256
    public static let toolNames = 1024

    public static let models = 1024
    public static let heldJobs = 32_768
    public static let positions = 32_768
    public static let acknowledgements = 32_768

    public static let links = PromptLink.countLimit
    public static let holdingChanges = HoldingsReport.changeLimit
    public static let secretBytes = 64

    public static let recordsPerBundle = 4096
    public static let idsPerRecord = 16_384
    public static let likelyTokens = LikelyToken.countLimit
    public static let textBytesPerRecord = 512 << 10
    public static let marksPerRecord = 16_384
    public static let callIDBytes = 255
    /// Names of tools, as long as a client may make them.
    public static let toolNameBytes = 4 << 10
}
