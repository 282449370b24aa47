internal import Glibc

/// What a role tells its operator: one line per event on standard error, for a person or for a machine.
///
/// A line leaves in one `write(2)` and is cut to fit the size that a pipe takes whole, so lines of several
/// threads never mix. Prompts, answers and keys are never logged: wrap what could hold one in `Redacted`. A
/// level that is switched off costs a comparison; neither the text nor the fields are built.
public struct Log: Sendable {
    /// How much an event matters; a log set to one level shows it and everything more urgent.
    public enum Level: UInt8, CaseIterable, Comparable, Sendable {
        case error
        case warn
        case info
        case debug

        public init?(name: some StringProtocol) {
            guard let level = Level.allCases.first(where: { $0.name == name }) else { return nil }
            self = level
        }

        public var name: String {
            switch self {
            case .error: "error"
            case .warn: "warn"
            case .info: "info"
            case .debug: "debug"
            }
        }

        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// Who reads the lines.
    public enum Format: String, CaseIterable, Sendable {
        case human
        case json
    }

    /// Names and values beside the event, in the order in which they are shown.
    public typealias Fields = KeyValuePairs<String, LogValue>

    public let role: String
    public let level: Level
    public let format: Format
    private let descriptor: Int32

    /// Writes to `descriptor`, which stays the caller's; 2 is standard error.
    public init(role: String, level: Level = .info, format: Format = .human, descriptor: Int32 = 2) {
        self.role = role
        self.level = level
        self.format = format
        self.descriptor = descriptor
    }

    /// The same log in the name of another role.
    public func naming(role: String) -> Log {
        Log(role: role, level: level, format: format, descriptor: descriptor)
    }

    public func error(_ event: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
        write(.error, event, fields)
    }

    public func warn(_ event: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
        write(.warn, event, fields)
    }

    public func info(_ event: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
        write(.info, event, fields)
    }

    public func debug(_ event: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
        write(.debug, event, fields)
    }

    private func write(_ level: Level, _ event: () -> String, _ fields: () -> Fields) {
        guard level <= self.level else { return }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let line = LogLine(time: now, level: level, role: role, event: event(), fields: fields())
        let bytes = format == .json ? line.json : line.human
        // What standard error does not take is lost: a role must not stop because nobody reads its log.
        while Glibc.write(descriptor, bytes, bytes.count) < 0 && errno == EINTR {}
    }
}
