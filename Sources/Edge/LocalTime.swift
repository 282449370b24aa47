internal import Glibc
internal import JSON

/// The local time of day as templates want it, frozen when the request came in.
struct LocalTime {
    /// In the form `YYYY-MM-DDTHH:MM:SS`.
    let text: String

    static var now: LocalTime {
        var seconds = time(nil)
        var parts = tm()
        localtime_r(&seconds, &parts)
        let date = [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)]
        let clock = [Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec)]
        return LocalTime(text: "\(join(date, "-"))T\(join(clock, ":"))")
    }

    /// The template variables in `context`, one JSON object, with `now` among them unless it is there.
    func added(to context: String) -> String {
        // Nearly every context: nothing in it has that name, so it need not be taken apart.
        // JSON text holds no NUL.
        if context.hasPrefix("{\""), strstr(context, "\"now\"") == nil {
            return "{\"now\":\"\(text)\",\(context.dropFirst())"
        }
        guard var variables = (try? JSONValue(parsing: context))?.objectValue, variables["now"] == nil else {
            return context
        }
        variables["now"] = .string(text)
        return JSONValue.object(variables).description
    }

    private static func join(_ numbers: [Int], _ separator: String) -> String {
        numbers.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: separator)
    }
}
