internal import JSON

/// Reads the section `models` where it is an object; what is wrong is said with its path.
struct ModelReader {
    /// Every bound of the section.
    enum Limits {
        static let models = 1000
        static let aliases = 1000
        static let nameLength = 255
        static let replicas = 1...1000
        static let idleSeconds = 1...31_536_000
    }

    let file: String

    /// In alphabetical order.
    func read(_ value: JSONValue) throws(UsageError) -> [ModelOptions.Model] {
        guard case .object(let members) = value else {
            throw UsageError(
                "\(file): \(ModelOptions.section) must be an array or an object of models by name"
            )
        }
        guard members.count <= Limits.models else {
            throw UsageError("\(file): there are \(members.count) models, the limit is \(Limits.models)")
        }
        var models: [ModelOptions.Model] = []
        for (name, value) in members { models.append(try model(name, value)) }
        return models.sorted { $0.name < $1.name }
    }

    private func model(_ name: String, _ value: JSONValue) throws(UsageError) -> ModelOptions.Model {
        let path = "\(file): \(ModelOptions.section).\(name)"
        guard (1...Limits.nameLength).contains(name.utf8.count) else {
            throw UsageError("\(path): a model's name must have 1 to \(Limits.nameLength) bytes")
        }
        guard case .object(let members) = value else { throw UsageError("\(path) must be an object") }
        var model = ModelOptions.Model(name: name, path: name)
        for (key, value) in members { try take(value, at: "\(path).\(key)", key, into: &model) }
        return model
    }

    private func take(
        _ value: JSONValue,
        at place: String,
        _ key: String,
        into model: inout ModelOptions.Model
    ) throws(UsageError) {
        switch key {
        case "path": model.path = try text(value, place)
        case "aliases": model.aliases = try aliases(value, place)
        case "pinned":
            guard let flag = value.boolValue else { throw UsageError("\(place) must be true or false") }
            model.isPinned = flag
        case "replicas": model.replicas = try integer(value, .integer(Limits.replicas), place)
        case "load": model.loadsAtStart = try word(value, ModelSchema.loads, place) == ModelSchema.loads[0]
        case "idle_unload":
            model.idleUnloadSeconds = try integer(value, .integer(Limits.idleSeconds), place)
        case "kv_memory": model.kvMemoryBytes = try integer(value, Option.kvMemory.kind, place)
        case "output_format":
            guard case .text(let format) = Option.outputFormat.kind.read(value) else {
                throw UsageError("\(place) must be \(Option.outputFormat.kind.expectation), not \(value)")
            }
            model.outputFormat = format
        default:
            let known = ModelSchema.members.map(\.key)
            throw UsageError(
                "\(file): unknown key models.\(model.name).\(key)" + suggestion(for: key, among: known)
            )
        }
    }

    private func text(_ value: JSONValue, _ place: String) throws(UsageError) -> String {
        guard let text = value.stringValue, !text.isEmpty else {
            throw UsageError("\(place) must be a text that is not empty")
        }
        return text
    }

    private func word(
        _ value: JSONValue,
        _ words: [String],
        _ place: String
    ) throws(UsageError) -> String {
        guard let word = value.stringValue, words.contains(word) else {
            throw UsageError("\(place) must be \(words.joined(separator: " or ")), not \(value)")
        }
        return word
    }

    private func integer(
        _ value: JSONValue,
        _ kind: OptionKind,
        _ place: String
    ) throws(UsageError) -> Int {
        guard case .integer(let number) = kind.read(value) else {
            throw UsageError("\(place) must be \(kind.expectation), not \(value)")
        }
        return number
    }

    private func aliases(_ value: JSONValue, _ place: String) throws(UsageError) -> [String] {
        guard case .array(let elements) = value, elements.count <= Limits.aliases else {
            throw UsageError("\(place) must be an array of up to \(Limits.aliases) names")
        }
        return try elements.enumerated().map { (index, element) throws(UsageError) in
            try text(element, "\(place)[\(index)]")
        }
    }
}

/// Describes the section for editors.
enum ModelSchema {
    static let loads = ["at-start", "on-demand"]

    static let members: [(key: String, schema: JSONValue)] = [
        (
            "aliases",
            [
                "description": "Other names for it; with a star at the end, all that begin so.",
                "type": "array", "items": ["type": "string", "minLength": 1],
            ]
        ),
        (
            "idle_unload",
            OptionKind.integer(ModelReader.Limits.idleSeconds).schema.describing(
                "Unloads it after so many seconds without a job. Default: it stays while there is memory."
            )
        ),
        (
            "kv_memory",
            Option.kvMemory.kind.schema.describing(
                "Memory for its keys and values. Default: that of --kv-memory."
            )
        ),
        (
            "load",
            [
                "description":
                    "Whether workers load it before their first job, or when somebody asks for it.",
                "enum": .array(loads.map { .string($0) }), "default": .string(loads[1]),
            ]
        ),
        (
            "output_format",
            Option.outputFormat.kind.schema.describing("How its outputs are read. Default: as of all models.")
        ),
        (
            "path",
            [
                "description": "Its directory, GGUF file or name in the models directory. Default: its name.",
                "type": "string", "minLength": 1,
            ]
        ),
        (
            "pinned",
            [
                "description": "It is loaded without being asked for, and never makes room for another.",
                "type": "boolean", "default": false,
            ]
        ),
        (
            "replicas",
            OptionKind.integer(ModelReader.Limits.replicas).schema.describing(
                "Workers that shall have it while it is wanted. Default: 1."
            )
        ),
    ]

    static var document: JSONValue {
        var properties = JSONObject()
        for member in members { properties[member.key] = member.schema }
        return [
            "description": "Models by name, which workers load at the start or when somebody asks for them.",
            "type": "object",
            "additionalProperties": [
                "type": "object", "additionalProperties": false, "properties": .object(properties),
            ],
        ]
    }
}

extension JSONValue {
    /// A schema with what it is about; anything but an object as it is.
    fileprivate func describing(_ words: String) -> JSONValue {
        guard case .object(var object) = self else { return self }
        object["description"] = .string(words)
        return .object(object)
    }
}
