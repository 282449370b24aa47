internal import Glibc

/// One event with everything that its line shows; `human` and `json` are the two ways to write it.
struct LogLine {
    /// Bytes of an event, and of a field's value, that are shown.
    ///
    /// Together with a handful of fields a line stays
    /// below the 4,096 bytes that `write(2)` puts into a pipe whole (PIPE_BUF, pipe(7)).
    static let maximumEventBytes = 1024
    static let maximumValueBytes = 512

    var time: timespec
    var level: Log.Level
    var role: String
    var event: String
    var fields: Log.Fields

    /// `12:03:04 info  worker: loaded a model name=demo seconds=0.12` in local time.
    var human: [UInt8] {
        var local = tm()
        var seconds = time.tv_sec
        localtime_r(&seconds, &local)
        var line = "\(clock(local)) \(level.name)"
        line += String(repeating: " ", count: 6 - level.name.utf8.count)
        line += "\(role): \(printable(cut(event, Self.maximumEventBytes)))"
        for (name, value) in fields { line += " \(name)=\(shown(value))" }
        line += "\n"
        return Array(line.utf8)
    }

    /// One JSON object; `ts` is RFC 3339 in UTC with milliseconds.
    var json: [UInt8] {
        var line = "{\"ts\":\"\(timestamp)\",\"level\":\"\(level.name)\",\"role\":\(quoted(role))"
        line += ",\"event\":\(quoted(cut(event, Self.maximumEventBytes)))"
        for (name, value) in fields { line += ",\(quoted(name)):\(encoded(value))" }
        line += "}\n"
        return Array(line.utf8)
    }

    private var timestamp: String {
        var utc = tm()
        var seconds = time.tv_sec
        gmtime_r(&seconds, &utc)
        let date = "\(padded(utc.tm_year + 1900, 4))-\(padded(utc.tm_mon + 1, 2))-\(padded(utc.tm_mday, 2))"
        return "\(date)T\(clock(utc)).\(padded(Int32(time.tv_nsec / 1_000_000), 3))Z"
    }

    private func clock(_ time: tm) -> String {
        "\(padded(time.tm_hour, 2)):\(padded(time.tm_min, 2)):\(padded(time.tm_sec, 2))"
    }

    private func shown(_ value: LogValue) -> String {
        switch value {
        case .text(let text):
            let text = cut(text, Self.maximumValueBytes)
            return text.isEmpty || text.contains(where: { $0 == " " || $0 == "\"" })
                ? quoted(text) : printable(text)
        case .integer(let number): return "\(number)"
        case .number(let number): return "\(number)"
        case .flag(let flag): return "\(flag)"
        }
    }

    private func encoded(_ value: LogValue) -> String {
        switch value {
        case .text(let text): quoted(cut(text, Self.maximumValueBytes))
        case .integer(let number): "\(number)"
        // JSON has no infinities.
        case .number(let number): number.isFinite ? "\(number)" : "null"
        case .flag(let flag): "\(flag)"
        }
    }
}

private func padded(_ number: Int32, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

/// The first bytes of `text`, whole code points only, with a mark where something was left out.
private func cut(_ text: String, _ maximumBytes: Int) -> String {
    let bytes = text.utf8
    guard bytes.count > maximumBytes else { return text }
    var end = bytes.index(bytes.startIndex, offsetBy: maximumBytes)
    while end > bytes.startIndex && bytes[end] & 0xC0 == 0x80 { end = bytes.index(before: end) }
    return String(text[..<end]) + "…"
}

/// Without the control characters by which a peer could forge a second line or steer a terminal.
private func printable(_ text: String) -> String {
    String(
        String.UnicodeScalarView(
            text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }
        )
    )
}

private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\t": result += "\\t"
        case "\u{00}"..."\u{1F}", "\u{7F}"..."\u{9F}":
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
