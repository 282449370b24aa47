/// One thing that a server sent on an event stream.
enum StreamItem: Hashable, Sendable {
    /// A named event with its data; the name is `message` where the server gave none.
    case event(name: String, data: String)
    /// A line for people and for keeping the connection alive.
    case comment(String)
}

/// The server sent a line or an event that is longer than anything it should have to say.
struct EventTooLong: Error, Hashable {
    static let maximumBytes = 4 << 20
}

/// Reads server-sent events however the bytes are cut up.
///
/// Follows the HTML standard, section 9.2.6: lines end in LF, CR or CR LF; `data` lines of an event are
/// joined with LF; an event without data is dropped; a byte order mark in front is skipped. `id` and `retry`
/// are ignored, since nothing here reconnects.
struct EventStreamParser {
    private var line: [UInt8] = []
    private var isAfterCarriageReturn = false
    private var isFirstLine = true
    private var name = ""
    private var data: String?

    /// Takes the next bytes and returns what they completed.
    mutating func push(_ bytes: some Sequence<UInt8>) throws(EventTooLong) -> [StreamItem] {
        var items: [StreamItem] = []
        for byte in bytes {
            let endsPair = isAfterCarriageReturn && byte == UInt8(ascii: "\n")
            isAfterCarriageReturn = byte == UInt8(ascii: "\r")
            if endsPair { continue }
            if isAfterCarriageReturn || byte == UInt8(ascii: "\n") {
                if let item = endLine() { items.append(item) }
            } else {
                line.append(byte)
            }
            guard line.count + (data?.utf8.count ?? 0) <= EventTooLong.maximumBytes else {
                throw EventTooLong()
            }
        }
        return items
    }

    private mutating func endLine() -> StreamItem? {
        if isFirstLine && line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        isFirstLine = false
        let text = String(decoding: line, as: UTF8.self)
        line.removeAll(keepingCapacity: true)
        guard !text.isEmpty else { return endEvent() }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var value = parts.count > 1 ? parts[1] : ""
        if value.first == " " { value.removeFirst() }
        switch parts[0] {
        case "": return .comment(String(value))
        case "event": name = String(value)
        case "data": data = data.map { $0 + "\n" + value } ?? String(value)
        default: break
        }
        return nil
    }

    private mutating func endEvent() -> StreamItem? {
        defer {
            name = ""
            data = nil
        }
        return data.map { .event(name: name.isEmpty ? "message" : name, data: $0) }
    }
}
