public import JSON

/// Describes the file of `--config` as a JSON Schema, so that editors can check and complete it.
public enum ConfigSchema {
    /// Every key with its type, range, default and meaning, in alphabetical order.
    public static var document: JSONValue {
        var root = section()
        for option in Option.all {
            guard let path = option.path else { continue }
            place(schema(of: option), at: path.split(separator: ".").map(String.init)[...], in: &root)
        }
        root["properties"] = root["properties"]?.merging("$schema", ["type": "string"])
            .merging(TenantOptions.section, TenantSchema.document)
            .merging(AdminOptions.section, AdminOptions.schema)
            .merging(ModelOptions.section, models(beside: root))
        var document: JSONObject = [
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Millrace configuration",
            "description": "The file that --config names. Flags and MILLRACE_ variables override it.",
        ]
        for (key, value) in root { document[key] = value }
        return .object(document)
    }

    /// A list of what is loaded at the start, or all that may be loaded by name.
    private static func models(beside root: JSONObject) -> JSONValue {
        [
            "anyOf": .array(
                [root["properties"]?[ModelOptions.section], ModelSchema.document].compactMap { $0 }
            )
        ]
    }

    private static func section() -> JSONObject {
        ["type": "object", "additionalProperties": false, "properties": [:]]
    }

    private static func place(_ schema: JSONValue, at path: ArraySlice<String>, in section: inout JSONObject)
    {
        guard let key = path.first else { return }
        var value = schema
        if path.count > 1 {
            var inner = section["properties"]?[key]?.objectValue ?? self.section()
            place(schema, at: path.dropFirst(), in: &inner)
            value = .object(inner)
        }
        section["properties"] = section["properties"]?.merging(key, value)
    }

    private static func schema(of option: Option) -> JSONValue {
        var value = option.kind.schema
        if option.kind == .pair {
            value = ["type": "object", "additionalProperties": value]
        } else if option.isRepeatable {
            value = ["type": "array", "items": value]
        }
        let about = option.help + (option.fallbackNote.map { " Default: \($0)." } ?? "")
        value = value.merging("description", .string(about))
        guard let fallback = option.fallback, let read = option.kind.read(fallback) else { return value }
        return value.merging("default", json(read, fallback))
    }

    private static func json(_ value: OptionValue, _ text: String) -> JSONValue {
        switch value {
        case .flag(let flag): .bool(flag)
        case .integer(let number) where Int(text) == number: .integer(Int64(number))
        case .number(let number): .number(number)
        case .integers(let numbers): .array(numbers.map { .integer(Int64($0)) })
        case .integer, .text, .pair, .endpoint, .endpoints: .string(text)
        case .object(let object): .object(object)
        }
    }
}

extension JSONValue {
    /// The object with one more member, members in alphabetical order; anything else as it is.
    fileprivate func merging(_ key: String, _ value: JSONValue) -> JSONValue {
        guard case .object(let object) = self else { return self }
        var merged = JSONObject()
        let others = object.filter { $0.key != key } + [(key, value)]
        for member in others.sorted(by: { $0.key < $1.key }) { merged[member.key] = member.value }
        return .object(merged)
    }
}
