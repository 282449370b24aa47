/// What `millrace bench` is told.
public struct BenchOptions: Hashable, Sendable {
    /// The part of the program that is measured.
    public enum Subject: String, CaseIterable, Sendable {
        case edge
    }

    public var subject: Subject
    /// How long each measurement takes.
    public var window: Duration
    /// How often each is repeated.
    public var roundCount: Int
    /// Requests under way at the same time, one measurement each.
    public var connectionCounts: [Int]
    /// Where the figures go besides the terminal.
    public var jsonPath: String?
    /// What `millrace serve` without any option would be told, but for the logging of errors alone.
    public var fleet: ServeOptions

    init(_ settings: Settings) throws(UsageError) {
        let subjects = Subject.allCases.map(\.rawValue)
        guard let name = settings.positional.first else {
            throw UsageError("millrace bench needs what to measure: \(alternatives(subjects))")
        }
        guard let subject = Subject(rawValue: name) else {
            throw UsageError("millrace bench knows no \(name), only \(alternatives(subjects))")
        }
        guard settings.positional.count == 1 else {
            throw UsageError("millrace bench \(name) takes options only, not \"\(settings.positional[1])\"")
        }
        self.subject = subject
        window = .seconds(settings.number(.seconds))
        roundCount = settings.integer(.rounds)
        connectionCounts = settings.optionalInteger(.connections).map { [$0] } ?? [1, 64, 512]
        jsonPath = settings.optionalText(.json)
        fleet = try Self.fleet(settings.surroundings)
    }

    /// Whatever the environment says about serving, so that figures of two machines can be compared.
    private static func fleet(_ surroundings: Surroundings) throws(UsageError) -> ServeOptions {
        var surroundings = surroundings
        surroundings.variable = { _ in nil }
        let words = [Option.logLevel.flag, "error"]
        return try ServeOptions(
            Settings(Arguments(words, for: .serve), for: .serve, in: surroundings)
        )
    }
}
