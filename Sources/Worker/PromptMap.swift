internal import Contract
internal import JSON

/// Where the parts of a chat stand in the text that a template made of it.
///
/// Found by looking for what the messages say, in their order: a template may put anything around a text, and
/// a few change it, so the map is as good as that. What stands in front of a message's text counts as the
/// message, and so do its calls; what no part claims is the template's own. A few numbers for each message,
/// and one pass over the text for all of them.
struct PromptMap: Sendable {
    private struct Stretch: Sendable {
        var range: Range<Int>
        /// Nil for tools.
        var message: Int?
        /// Bytes of the message's content in front of `range`: white space that the template left out.
        var cut = 0
        /// Bytes of `range` that are content.
        var contentBytes = 0
    }

    /// In the order of the text, without overlap.
    private var stretches: [Stretch] = []

    /// `context` holds the variables as they came, `text` is what was rendered.
    init(_ context: JSONObject, in text: String) {
        let messages = context["messages"]?.arrayValue ?? []
        var finder = NeedleFinder(text)
        var found = Self.long(messages, &finder)
        Self.addShort(to: &found, messages, &finder)
        Self.addCalls(to: &found, messages, &finder)
        stretches = Self.ordered(found)
        locateTools(context["tools"]?.arrayValue ?? [], &finder)
    }

    /// What stands at byte `place`: what must have been different there, if the text in front was known.
    func end(at place: Int) -> ReuseEnd {
        guard place > 0 else { return .start }
        guard let index = stretches.firstIndex(where: { $0.range.upperBound > place }) else {
            return .template
        }
        let stretch = stretches[index]
        // Nothing precedes the first part but the template's own words.
        if index == 0, place < stretch.range.lowerBound { return .template }
        guard let message = stretch.message else { return .tools }
        let inside = min(max(0, place - stretch.range.lowerBound), stretch.contentBytes)
        return .message(UInt32(clamping: message), byte: UInt32(clamping: stretch.cut + inside))
    }

    // MARK: - Finding places

    /// How far the text follows from the tools and the first messages alone.
    ///
    /// `last` is the last of these messages, and all of it belongs to them, or so many bytes of its content;
    /// nil where that is not to be told, or where something else stands in front.
    func end(ofMessage last: Int, contentBytes: Int?) -> Int? {
        guard let own = stretches.first(where: { $0.message == last }) else { return nil }
        let foreign = stretches.first { stretch in stretch.message.map { $0 > last } ?? false }
        let limit = foreign?.range.lowerBound ?? .max
        guard let contentBytes else { return min(own.range.upperBound, limit) }
        let inside = min(max(0, contentBytes - own.cut), own.contentBytes)
        // Tools that stand behind the message are part of its text to come, not of what is in front.
        return min(own.range.lowerBound + inside, limit)
    }

    /// Where tools end that stand in front of all messages.
    var endOfTools: Int? { stretches.first.flatMap { $0.message == nil ? $0.range.upperBound : nil } }

    // MARK: - Making it

    /// Texts that are not to be confused with a template's words.
    private static let longBytes = 16

    private static func isSystem(_ message: JSONValue) -> Bool { message["role"] == "system" }

    /// By message.
    ///
    /// System texts go by themselves, for there are templates that move them behind others.
    private static func long(_ messages: [JSONValue], _ finder: inout NeedleFinder) -> [Stretch?] {
        var found: [Stretch?] = []
        var from = (system: 0, other: 0)
        for (index, message) in messages.enumerated() {
            let needle = Needle(message["content"]?.stringValue ?? "")
            let start = isSystem(message) ? from.system : from.other
            guard needle.bytes.count >= longBytes,
                let range = finder.range(of: needle, in: start..<finder.count)
            else {
                found.append(nil)
                continue
            }
            found.append(stretch(range, index, needle))
            if isSystem(message) { from.system = range.upperBound } else { from.other = range.upperBound }
        }
        return found
    }

    /// Each before the next part that was found, as late as possible: in front are the template's words.
    private static func addShort(
        to found: inout [Stretch?],
        _ messages: [JSONValue],
        _ finder: inout NeedleFinder
    ) {
        var start = 0
        let starts = messages.indices.map { index -> Int in
            defer { if !isSystem(messages[index]), let own = found[index] { start = own.range.upperBound } }
            return start
        }
        var end = finder.count
        for (index, message) in messages.enumerated().reversed() {
            if found[index] == nil {
                let needle = Needle(message["content"]?.stringValue ?? "")
                guard !needle.bytes.isEmpty, needle.bytes.count < longBytes, starts[index] <= end,
                    let range = finder.lastRange(of: needle.bytes, in: starts[index]..<end),
                    !found.contains(where: { $0?.range.overlaps(range) ?? false })
                else { continue }
                found[index] = stretch(range, index, needle)
            }
            if !isSystem(message), let own = found[index] { end = own.range.lowerBound }
        }
    }

    private static func stretch(_ range: Range<Int>, _ message: Int, _ needle: Needle) -> Stretch {
        Stretch(range: range, message: message, cut: needle.cut, contentBytes: range.count)
    }

    /// The calls of an answer stand behind its text and in front of what comes next.
    private static func addCalls(
        to found: inout [Stretch?],
        _ messages: [JSONValue],
        _ finder: inout NeedleFinder
    ) {
        var last = 0
        for (index, message) in messages.enumerated() {
            let names = (message["tool_calls"]?.arrayValue ?? []).compactMap {
                $0["function"]?["name"]?.stringValue
            }
            if !names.isEmpty {
                let start = found[index]?.range.upperBound ?? last
                let next = messages.indices[(index + 1)...].first {
                    !isSystem(messages[$0]) && found[$0] != nil
                }
                let end = next.flatMap { found[$0]?.range.lowerBound } ?? finder.count
                if start <= end, let calls = finder.block(naming: names, in: start..<end) {
                    var own = found[index] ?? Stretch(range: calls, message: index)
                    own.range = own.range.lowerBound..<calls.upperBound
                    found[index] = own
                }
            }
            if !isSystem(message), let own = found[index] { last = own.range.upperBound }
        }
    }

    /// In the order of the text; of two that overlap, the first.
    private static func ordered(_ found: [Stretch?]) -> [Stretch] {
        var ordered: [Stretch] = []
        for stretch in found.compactMap(\.self).sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            if let last = ordered.last, stretch.range.lowerBound < last.range.upperBound { continue }
            ordered.append(stretch)
        }
        return ordered
    }

    /// Tools stand between other parts: the first gap that names them all is theirs.
    private mutating func locateTools(_ tools: [JSONValue], _ finder: inout NeedleFinder) {
        let names = tools.compactMap { ($0["function"] ?? $0)["name"]?.stringValue }
        guard !names.isEmpty else { return }
        var start = 0
        for (place, end) in (stretches.map(\.range.lowerBound) + [finder.count]).enumerated() {
            if start < end, let range = finder.block(naming: names, in: start..<end) {
                return stretches.insert(Stretch(range: range), at: place)
            }
            if place < stretches.count { start = stretches[place].range.upperBound }
        }
    }
}
