internal import Contract

/// The binary bodies by which workers tell what decides where a job is best put: what they hold, and what
/// they are at.
enum HoldingsBody {
    private enum Kind {
        static let dropped: UInt8 = 0
        static let stored: UInt8 = 1
    }

    private static let restartsFlag: UInt8 = 1

    static func append(_ report: HoldingsReport, to bytes: inout [UInt8]) throws(FrameError) {
        bytes.append(integer: report.sequence)
        bytes.append(report.restarts ? restartsFlag : 0)
        try bytes.append("changes", count: report.changes.count, atMost: WireLimits.holdingChanges)
        for change in report.changes {
            switch change {
            case .dropped(let link):
                bytes.append(Kind.dropped)
                append(link, to: &bytes)
            case .stored(let holding):
                bytes.append(Kind.stored)
                append(holding.link, to: &bytes)
                bytes.append(integer: holding.tokens)
                bytes.append(holding.tier.rawValue)
            }
        }
    }

    static func readReport(_ reader: inout BodyReader) throws(FrameError) -> HoldingsReport {
        let sequence: UInt64 = try reader.integer("sequence")
        let flags: UInt8 = try reader.integer("flags")
        guard flags & ~restartsFlag == 0 else { throw .malformed("flags is \(flags), 0 and 1 are known") }
        let count = try reader.count("changes", atMost: WireLimits.holdingChanges, ofAtLeast: 17)
        var changes: [HoldingChange] = []
        changes.reserveCapacity(count)
        for _ in 0..<count {
            let kind: UInt8 = try reader.integer("kind")
            let link = try readLink(&reader)
            switch kind {
            case Kind.dropped: changes.append(.dropped(link))
            case Kind.stored:
                let tokens: UInt32 = try reader.integer("tokens")
                let tier: UInt8 = try reader.integer("tier")
                guard let tier = Holding.Tier(rawValue: tier) else {
                    throw .malformed("tier is \(tier), 0 and 1 are known")
                }
                changes.append(.stored(Holding(link, tokens: tokens, tier: tier)))
            default: throw .malformed("kind is \(kind), 0 and 1 are known")
            }
        }
        return HoldingsReport(sequence: sequence, restarts: flags == restartsFlag, changes: changes)
    }

    static func append(_ digest: HoldingsDigest, to bytes: inout [UInt8]) {
        bytes.append(integer: digest.sequence)
        bytes.append(integer: digest.count)
        append(digest.sum, to: &bytes)
    }

    static func readDigest(_ reader: inout BodyReader) throws(FrameError) -> HoldingsDigest {
        HoldingsDigest(
            sequence: try reader.integer("sequence"),
            count: try reader.integer("count"),
            sum: try readLink(&reader)
        )
    }

    static func append(_ load: WorkerLoad, to bytes: inout [UInt8]) throws(FrameError) {
        bytes.append(integer: load.includesLeases)
        try bytes.append("models", count: load.models.count, atMost: WireLimits.models)
        for model in load.models {
            bytes.append(integer: model.promptTokens)
            bytes.append(integer: model.emptyTokens)
            bytes.append(integer: model.promptRate.bitPattern)
            bytes.append(integer: model.streamSeconds.bitPattern)
            try bytes.append("model", text: model.model, length: UInt8.self, atMost: WireLimits.nameBytes)
        }
    }

    static func readLoad(_ reader: inout BodyReader) throws(FrameError) -> WorkerLoad {
        let includesLeases: UInt64 = try reader.integer("includes_leases")
        let count = try reader.count("models", atMost: WireLimits.models, ofAtLeast: 25)
        var models: [ModelLoad] = []
        models.reserveCapacity(count)
        for _ in 0..<count {
            var model = ModelLoad(model: "")
            model.promptTokens = try reader.integer("prompt_tokens")
            model.emptyTokens = try reader.integer("empty_tokens")
            model.promptRate = try readFloat("prompt_rate", &reader)
            model.streamSeconds = try readFloat("stream_seconds", &reader)
            let byteCount = Int(try reader.integer("model_len", as: UInt8.self))
            model.model = try reader.text("model", byteCount: byteCount, atMost: WireLimits.nameBytes)
            models.append(model)
        }
        return WorkerLoad(includesLeases: includesLeases, models: models)
    }

    /// Finite and not negative: it is reckoned with.
    private static func readFloat(
        _ field: StaticString,
        _ reader: inout BodyReader
    ) throws(FrameError) -> Float {
        let float = Float(bitPattern: try reader.integer(field))
        guard float.isFinite, float.sign == .plus else {
            throw .malformed("\(field) must be finite and not negative")
        }
        return float
    }

    private static func append(_ link: PrefixLink, to bytes: inout [UInt8]) {
        bytes.append(integer: link.high)
        bytes.append(integer: link.low)
    }

    private static func readLink(_ reader: inout BodyReader) throws(FrameError) -> PrefixLink {
        PrefixLink(high: try reader.integer("link"), low: try reader.integer("link"))
    }
}
