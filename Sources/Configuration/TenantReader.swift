internal import JSON

/// Reads the section `tenants`; what is wrong is said with its path.
struct TenantReader {
    let file: String
    /// What the tenants stand under; empty where one stands for itself.
    var section = TenantOptions.section

    private typealias Tenant = TenantOptions.Tenant

    func read(_ value: JSONValue) throws(UsageError) -> TenantOptions {
        guard case .object(let members) = value else {
            throw UsageError("\(file): \(TenantOptions.section) must be an object of tenants by name")
        }
        guard members.count <= TenantOptions.Limits.tenants else {
            throw UsageError(
                "\(file): there are \(members.count) tenants, the limit is \(TenantOptions.Limits.tenants)"
            )
        }
        var tenants: [TenantOptions.Tenant] = []
        for (name, value) in members { tenants.append(try tenant(name, value)) }
        let open = tenants.filter(\.isOpen).map(\.name).sorted()
        if open.count > 1 {
            throw UsageError("\(file): tenants \(open[0]) and \(open[1]) are both open; one may be")
        }
        return TenantOptions(tenants)
    }

    private func tenant(_ name: String, _ value: JSONValue) throws(UsageError) -> TenantOptions.Tenant {
        let path = "\(file): " + place(of: name)
        guard OptionKind.name(maximumLength: TenantOptions.Limits.nameLength).read(name) != nil else {
            throw UsageError(
                "\(path): a tenant's name must be 1 to \(TenantOptions.Limits.nameLength) letters, digits,"
                    + " dots, dashes or underscores"
            )
        }
        guard case .object(let members) = value else { throw UsageError("\(path) must be an object") }
        var tenant = Tenant(name: name)
        for (key, value) in members {
            let place = "\(path).\(key)"
            switch key {
            case "weight": tenant.weight = try number(value, in: TenantShares.weights, place)
            case "share": tenant.share = try number(value, in: TenantShares.shares, place)
            case "keys": tenant.keys += try keys(value, place)
            case "key_file": tenant.keys.append(.file(try text(value, place)))
            case "prefix_scope": tenant.prefixGroup = try group(value, place)
            case "open": tenant.isOpen = try flag(value, place)
            case "single_flight": tenant.sharesJobs = try flag(value, place)
            default:
                let known = TenantSchema.members.map(\.key)
                throw UsageError(
                    "\(file): unknown key \(self.place(of: name)).\(key)" + suggestion(for: key, among: known)
                )
            }
        }
        return tenant
    }

    private func place(of name: String) -> String { section.isEmpty ? name : "\(section).\(name)" }

    private func number(
        _ value: JSONValue,
        in range: ClosedRange<Double>,
        _ place: String
    ) throws(UsageError) -> Double {
        let kind = OptionKind.number(range)
        guard case .number(let number) = kind.read(value) else {
            throw UsageError("\(place) must be \(kind.expectation), not \(value)")
        }
        return number
    }

    private func flag(_ value: JSONValue, _ place: String) throws(UsageError) -> Bool {
        guard let flag = value.boolValue else { throw UsageError("\(place) must be true or false") }
        return flag
    }

    private func text(_ value: JSONValue, _ place: String) throws(UsageError) -> String {
        guard let text = value.stringValue, !text.isEmpty else {
            throw UsageError("\(place) must be a text that is not empty")
        }
        return text
    }

    /// `own`, or `shared:` and a name.
    private func group(_ value: JSONValue, _ place: String) throws(UsageError) -> String? {
        let prefix = "shared:"
        let word = value.stringValue ?? ""
        if word == "own" { return nil }
        let name = String(word.dropFirst(prefix.count))
        let kind = OptionKind.name(maximumLength: TenantOptions.Limits.nameLength)
        guard word.hasPrefix(prefix), kind.read(name) != nil else {
            throw UsageError(
                "\(place) must be own, or shared: and a name of 1 to \(TenantOptions.Limits.nameLength)"
                    + " letters, digits, dots, dashes or underscores"
            )
        }
        return name
    }

    /// Words that are no digests are not repeated: they may be keys.
    private func keys(_ value: JSONValue, _ place: String) throws(UsageError) -> [TenantKey] {
        guard case .array(let elements) = value else { throw UsageError("\(place) must be an array") }
        var keys: [TenantKey] = []
        for (index, element) in elements.enumerated() {
            guard let key = element.stringValue.flatMap({ TenantKey(digest: $0) }) else {
                throw UsageError(
                    "\(place)[\(index)] must be sha256: and 64 hexadecimal digits; keys themselves go into a"
                        + " key_file"
                )
            }
            keys.append(key)
        }
        return keys
    }
}

/// What a tenant's numbers may be.
enum TenantShares {
    static let weights = 0.01...100.0
    static let shares = 0.01...1.0
}

/// Describes the section for editors.
enum TenantSchema {
    static let members: [(key: String, schema: JSONValue)] = [
        (
            "key_file",
            [
                "description": "A file with one key in each line, or its sha256: and 64 hexadecimal digits.",
                "type": "string", "minLength": 1,
            ]
        ),
        (
            "keys",
            [
                "description": "The SHA-256 of each of its API keys.", "type": "array",
                "items": ["type": "string", "pattern": "^sha256:[0-9A-Fa-f]{64}$"],
            ]
        ),
        (
            "open",
            [
                "description": "Takes requests without a key, and with one that nobody has.",
                "type": "boolean", "default": false,
            ]
        ),
        (
            "prefix_scope",
            [
                "description": .string(
                    "Whose prompts may share what was computed with this tenant's: only its own, or those of"
                        + " all tenants in a group. Who shares can tell by the time of an answer whether"
                        + " somebody else's prompt began alike."
                ),
                "type": "string", "pattern": "^(own|shared:[A-Za-z0-9._-]{1,64})$", "default": "own",
            ]
        ),
        (
            "share",
            OptionKind.number(TenantShares.shares).schema.withMembers([
                "description": .string(
                    "The part of a model's places that it may hold while others wait. Default: 0.6, or a"
                        + " little more than its weight entitles it to."
                )
            ])
        ),
        (
            "single_flight",
            [
                "description": .string(
                    "Whether its identical requests that come together with one API key are run once, where"
                        + " the answer is certain. Default: as retries.single_flight says."
                ),
                "type": "boolean",
            ]
        ),
        (
            "weight",
            OptionKind.number(TenantShares.weights).schema.withMembers([
                "description": "How much service it gets for one unit of another's.", "default": 1,
            ])
        ),
    ]

    static var document: JSONValue {
        var properties = JSONObject()
        for member in members { properties[member.key] = member.schema }
        return [
            "description": .string(
                "Who shares the fleet, by name. Where one has keys, requests need one; for edges, and for the"
                    + " coordinator's weights and shares."
            ),
            "type": "object",
            "additionalProperties": [
                "type": "object", "additionalProperties": false, "properties": .object(properties),
            ],
        ]
    }
}

extension JSONValue {
    /// The object with more members; anything else as it is.
    fileprivate func withMembers(_ members: JSONObject) -> JSONValue {
        guard case .object(var object) = self else { return self }
        for (key, value) in members { object[key] = value }
        return .object(object)
    }
}
