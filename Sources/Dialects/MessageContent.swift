internal import JSON

/// The text of one message, gathered from a string or from a list of parts.
///
/// | part in                            | becomes                                                |
/// |------------------------------------|--------------------------------------------------------|
/// | text, input_text, output_text      | text, joined with a line break                         |
/// | refusal                            | text                                                   |
/// | thinking, reasoning                | thoughts                                               |
/// | images, audio, video, files        | a line that says so in a tool's result; else refused   |
/// |                                    | by name, for dropping them would change the question   |
/// | any other                          | left out                                               |
struct MessageContent {
    var text: String
    var thoughts = ""

    init(text: String) { self.text = text }

    /// `edit` is done to each text.
    ///
    /// What a tool gives out is taken as far as it can be read: an agent could not go on otherwise.
    init(
        openAI value: JSONValue,
        at place: String,
        isToolResult: Bool = false,
        edit: (String) -> String = { $0 }
    ) throws(DialectError) {
        if let text = value.stringValue {
            self.init(text: edit(text))
            return
        }
        guard let parts = value.arrayValue else {
            throw .invalid(place, "must be a string or an array, it is \(value.kindName)")
        }
        var texts: [String] = []
        var thoughts: [String] = []
        for (index, element) in parts.enumerated() {
            let part = try RequestFields(element, at: "\(place)[\(index)]")
            let type = try part.required("type", try part.text("type"))
            switch type {
            case "text", "input_text", "output_text":
                texts.append(edit(try part.required("text", try part.text("text"))))
            case "refusal": texts.append(try part.required(type, try part.text(type)))
            case "thinking", "reasoning":
                let other = try part.text("text")
                if let thought = try part.text(type) ?? other { thoughts.append(thought) }
            default:
                let placeholder = isToolResult ? try Medium.placeholder(type, part) : nil
                if let placeholder { texts.append(placeholder) } else { try Medium.refuse(type, part) }
            }
        }
        self.init(text: texts.joined(separator: ChatContext.partSeparator))
        self.thoughts = thoughts.joined(separator: ChatContext.partSeparator)
    }
}

/// What a model of text cannot take in.
enum Medium: String, CaseIterable {
    case images
    case audio
    case video
    case files

    private static let kinds: [String: Medium] = [
        "image": .images, "image_url": .images, "input_image": .images, "image_embeds": .images,
        "audio": .audio, "audio_url": .audio, "input_audio": .audio,
        "video": .video, "video_url": .video, "input_video": .video,
        "file": .files, "input_file": .files, "document": .files, "container_upload": .files,
    ]

    /// What a model of text is told instead of a tool's picture or file; nil for what can be read.
    ///
    /// Such results are an agent's history: refused, no request of that conversation could go on.
    static func placeholder(_ type: String, _ part: RequestFields) throws(DialectError) -> String? {
        guard let medium = kinds[type] else { return nil }
        if type == "document", let source = part["source"]?["type"]?.stringValue,
            ["text", "content"].contains(source)
        {
            return nil
        }
        return "[\(medium.rawValue) left out: this model reads text]"
    }

    /// Refuses a part of a type that is known to hold what cannot be read.
    static func refuse(_ type: String, _ part: RequestFields) throws(DialectError) {
        guard let medium = kinds[type] else { return }
        throw .unsupported(
            part.name("type"),
            "is \(type.quoted): the models of this server read text, not \(medium.rawValue)"
        )
    }
}
