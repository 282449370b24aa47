public import Contract
internal import JSON

/// A prompt in pieces, as edges make links of it and workers find the links' places again: what stands in
/// front of the messages, then message by message, and long texts in stretches.
///
/// - Where it is cut follows from what stands before the cut and from nothing behind it, so two prompts that
///   begin alike are cut alike as far as they do.
/// - The first cuts are close, later ones further apart: there are never more than `PromptLink.countLimit`.
/// - The bytes of a piece are canonical: what does not change a template's text is not in them (the time of
///   day, and how the prompt is to end), and no piece can be read as two others.
///
/// One pass over the text.
public struct PromptChunks {
    /// Where a piece ends.
    public enum Place: Hashable, Sendable {
        /// Tools and everything else that is no message.
        case head
        /// So many bytes into the content of a message.
        case inside(message: Int, byte: Int)
        case end(message: Int)
        /// So many bytes into a prompt that is one text.
        case text(byte: Int)
        /// So many ids into a prompt of ids.
        case tokens(Int)
    }

    /// How far cuts are apart.
    public struct Spacing: Sendable {
        /// From so many cuts on, so many bytes, and messages of at least so many by themselves.
        var levels: [(cuts: Int, bytes: Int, messageBytes: Int)]

        /// Up to 64 KiB of text in steps of one, then in steps of four and of sixteen.
        public init(bytes: Int = 1024) {
            let bytes = max(4, bytes)
            levels = [(0, bytes, 1), (64, 4 * bytes, bytes / 4), (256, 16 * bytes, bytes)]
        }
    }

    /// Variables of a chat that change nothing in front of its end, or nothing that lasts.
    private static let passing: Set<String> = [
        "messages", "now", "add_generation_prompt", "continue_final_message",
    ]

    private let spacing: Spacing
    private var bytesSinceCut = 0
    private(set) var bytes: [UInt8] = []
    /// Where each piece ends, and how many of `bytes` are before.
    private(set) var cuts: [(place: Place, end: Int)] = []

    /// Nothing for a prompt that is no single text.
    public init(_ prompt: Prompt, _ spacing: Spacing = Spacing()) {
        self.spacing = spacing
        switch prompt {
        case .chat(let context): addChat(context)
        case .text(let text):
            let all = Array(text.utf8)
            bytes.append(contentsOf: "text\0".utf8)
            addContent(all[...]) { .text(byte: $0) }
            if bytesSinceCut > 0 { cut(.text(byte: all.count)) }
        case .tokens(let ids): addIDs(ids)
        case .pair: break
        }
    }

    /// Where the pieces end.
    public var places: [Place] { cuts.map(\.place) }

    private mutating func addChat(_ context: String) {
        guard let variables = (try? JSONValue(parsing: context))?.objectValue else { return }
        var head = JSONObject()
        for key in variables.keys.sorted() where !Self.passing.contains(key) { head[key] = variables[key] }
        add(Array(JSONValue.object(head).serialized))
        cut(.head)
        for (index, message) in (variables["messages"]?.arrayValue ?? []).enumerated() {
            guard cuts.count < PromptLink.countLimit else { return }
            add(message, index)
            if bytesSinceCut >= level.messageBytes { cut(.end(message: index)) }
        }
    }

    private mutating func add(_ message: JSONValue, _ index: Int) {
        guard var object = message.objectValue, let content = object["content"]?.stringValue else {
            return add(Array(message.serialized))
        }
        object["content"] = nil
        add(Array(JSONValue.object(object).serialized))
        let all = Array(content.utf8)
        addContent(all[...]) { .inside(message: index, byte: $0) }
        // No text has this byte, so what follows cannot be taken for more of it.
        add([0xFF])
    }

    private mutating func addContent(_ content: ArraySlice<UInt8>, _ place: (Int) -> Place) {
        var rest = content
        while bytesSinceCut + rest.count > level.bytes, cuts.count < PromptLink.countLimit {
            let part = rest.prefix(max(1, level.bytes - bytesSinceCut))
            add(part)
            rest = rest[part.endIndex...]
            cut(place(part.endIndex))
        }
        add(rest)
    }

    private mutating func addIDs(_ ids: [TokenID]) {
        bytes.append(contentsOf: "ids\0".utf8)
        for (index, id) in ids.enumerated() where cuts.count < PromptLink.countLimit {
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: id >> shift))
            }
            bytesSinceCut += 4
            if bytesSinceCut >= level.bytes || index == ids.count - 1 { cut(.tokens(index + 1)) }
        }
    }

    private var level: (cuts: Int, bytes: Int, messageBytes: Int) {
        spacing.levels.last { $0.cuts <= cuts.count } ?? spacing.levels[0]
    }

    private mutating func add(_ part: some Collection<UInt8>) {
        bytes.append(contentsOf: part)
        bytesSinceCut += part.count
    }

    private mutating func cut(_ place: Place) {
        guard cuts.count < PromptLink.countLimit else { return }
        cuts.append((place, bytes.count))
        bytesSinceCut = 0
    }
}
