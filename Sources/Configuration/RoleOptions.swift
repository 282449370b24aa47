public import Telemetry

/// What every role of the fleet is told.
public struct RoleOptions: Hashable, Sendable {
    /// The process's name in the fleet; 1 to 64 letters, digits, dots, dashes or underscores.
    public var node: String
    /// Whether somebody chose the name.
    public var hasChosenName: Bool
    public var logLevel: Log.Level
    public var logFormat: Log.Format
    /// How long running answers may go on after SIGTERM.
    public var grace: Duration
    /// Whether links beyond this machine may go without keys.
    public var allowsInsecureFleet: Bool
    /// Nil where links are open.
    public var keys: KeyFiles?
    /// Nil where operators are not answered, or are answered by the edge.
    public var monitor: MonitorOptions?

    /// Whether links may go beyond this machine.
    public var allowsRemoteLinks: Bool { allowsInsecureFleet || keys != nil }

    init(_ settings: Settings) throws(UsageError) {
        node = settings.optionalText(.node) ?? Self.defaultNode(settings)
        hasChosenName = settings.optionalText(.node) != nil
        logLevel = Log.Level(name: settings.text(.logLevel)) ?? .info
        logFormat = Log.Format(rawValue: settings.text(.logFormat)) ?? .human
        grace = .seconds(settings.number(.grace))
        allowsInsecureFleet = settings.command != .serve && settings.flag(.insecureFleet)
        keys = settings.command == .serve ? nil : try KeyFiles(settings)
        monitor = MonitorOptions(settings)
    }

    /// The role, the host's name without what a node's name may not hold, and the process: unique in a fleet.
    private static func defaultNode(_ settings: Settings) -> String {
        let name = settings.surroundings.hostName.prefix(40).filter { letter in
            letter.isASCII && (letter.isLetter || letter.isNumber || letter == "." || letter == "-")
        }
        return "\(settings.command)-\(name)-\(settings.surroundings.processID)"
    }
}
