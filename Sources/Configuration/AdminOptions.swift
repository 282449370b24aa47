internal import JSON

/// Who may load and unload models over HTTP: the section `admin` of the file.
///
/// Without it that can be done from this machine alone.
public struct AdminOptions: Hashable, Sendable {
    static let section = "admin"
    private static let members = ["key_file", "keys"]

    public private(set) var keys: [TenantKey] = []

    public init() {}

    init(_ settings: Settings) throws(UsageError) {
        guard let (file, section) = settings.admin else { return }
        self = try AdminOptions(file: file, section)
        var holder = TenantOptions.Tenant(name: Self.section)
        holder.keys = keys
        try holder.readKeyFiles(settings.surroundings)
        keys = holder.keys
        guard !keys.isEmpty else { throw UsageError("\(file): admin has no key: give keys or a key_file") }
    }

    /// Keys are written as a tenant's are.
    init(file: String, _ value: JSONValue) throws(UsageError) {
        for key in value.objectValue?.keys ?? [] where !Self.members.contains(key) {
            throw UsageError("\(file): unknown key admin.\(key)" + suggestion(for: key, among: Self.members))
        }
        let reader = TenantReader(file: file, section: "")
        keys = try reader.read(.object([Self.section: value])).tenants.flatMap(\.keys)
    }

    /// Describes the section for editors.
    static var schema: JSONValue {
        var properties = JSONObject()
        for member in TenantSchema.members where members.contains(member.key) {
            properties[member.key] = member.schema
        }
        return [
            "description": .string(
                "Who may load and unload models over HTTP, by keys of their own. Without it, whoever asks"
                    + " from the machine itself."
            ),
            "type": "object", "additionalProperties": false, "properties": .object(properties),
        ]
    }
}
