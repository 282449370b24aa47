/// What the keywords of a schema are to the compiler.
enum SchemaKeywords {
    /// They say something to people or tools, and nothing about values.
    static let annotations: Set<String> = [
        "$schema", "$id", "id", "$comment", "$anchor", "$vocabulary", "$defs", "definitions", "title",
        "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly",
        "discriminator", "xml",
        "externalDocs", "contentMediaType", "contentEncoding", "contentSchema",
    ]

    static let understood: Set<String> = [
        "type", "nullable", "enum", "const", "$ref", "allOf", "anyOf", "oneOf", "not", "properties",
        "required",
        "additionalProperties", "patternProperties", "minProperties", "maxProperties", "items", "prefixItems",
        "additionalItems", "minItems", "maxItems", "uniqueItems", "contains", "minContains",
        "propertyNames", "dependentRequired", "dependentSchemas", "dependencies", "minLength", "maxLength",
        "pattern", "format", "minimum",
        "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    ]

    /// An `x-` keyword is an annotation by agreement.
    static func isAnnotation(_ keyword: String) -> Bool {
        annotations.contains(keyword) || keyword.hasPrefix("x-")
    }
}
