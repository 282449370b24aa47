internal import JSON

/// The options that a JSON file sets, checked; one file may serve every process of a fleet.
///
/// Keys that another command takes are accepted and checked. A key that no command takes is an error, because
/// a setting that is silently ignored is worse than none.
struct ConfigFile {
    /// How deep and how large a file may be.
    static let limits = JSONLimits(depth: 8, bytes: 1 << 20)

    /// By path.
    private(set) var values: [String: [OptionValue]] = [:]
    /// Checked; without the keys in other files.
    private(set) var tenants: JSONValue?
    /// Checked; nil where `models` is a list of them or is not there.
    private(set) var models: JSONValue?
    /// Checked; without the keys in other files.
    private(set) var admin: JSONValue?
    let name: String

    init(name: String, bytes: [UInt8]) throws(UsageError) {
        self.name = name
        let document: JSONValue
        do {
            document = try JSONValue(parsing: bytes, limits: Self.limits)
        } catch {
            throw UsageError("\(name): not valid JSON: \(error)")
        }
        guard case .object(let root) = document else {
            throw UsageError("\(name): must hold one JSON object")
        }
        for (key, value) in root where key != "$schema" {
            if key == TenantOptions.section {
                _ = try TenantReader(file: name).read(value)
                tenants = value
            } else if key == AdminOptions.section {
                _ = try AdminOptions(file: name, value)
                admin = value
            } else if key == ModelOptions.section, case .object = value {
                _ = try ModelReader(file: name).read(value)
                models = value
            } else {
                try take(value, at: key)
            }
        }
    }

    private mutating func take(_ value: JSONValue, at path: String) throws(UsageError) {
        if let option = Option.all.first(where: { $0.path == path }) {
            values[path] = try read(value, of: option, at: path)
            return
        }
        guard Option.all.contains(where: { $0.path?.hasPrefix(path + ".") == true }) else {
            let known = Option.all.compactMap(\.path) + [AdminOptions.section, TenantOptions.section]
            // A key without its section is more likely than a typing mistake.
            let place = known.first { $0.hasSuffix(".\(path)") }
            let hint = place.map { "; did you mean \($0)?" } ?? suggestion(for: path, among: known)
            throw UsageError("\(name): unknown key \(path)" + hint)
        }
        guard case .object(let section) = value else {
            throw UsageError("\(name): \(path) must be an object, not \(value)")
        }
        for (key, value) in section { try take(value, at: "\(path).\(key)") }
    }

    private func read(
        _ value: JSONValue,
        of option: Option,
        at path: String
    ) throws(UsageError) -> [OptionValue] {
        if option.kind == .pair {
            guard case .object(let members) = value else {
                throw UsageError("\(name): \(path) must be an object of names and values, not \(value)")
            }
            return try members.map { (key, value) throws(UsageError) in
                guard case .string(let text) = value, !key.isEmpty, !text.isEmpty else {
                    throw UsageError("\(name): \(path).\(key) must be a text that is not empty, not \(value)")
                }
                return .pair(name: key, value: text)
            }
        }
        if option.isRepeatable {
            guard case .array(let elements) = value else {
                throw UsageError("\(name): \(path) must be an array, not \(value)")
            }
            return try elements.enumerated().map { (index, element) throws(UsageError) in
                try one(element, of: option, at: "\(path)[\(index)]")
            }
        }
        return [try one(value, of: option, at: path)]
    }

    private func one(_ value: JSONValue, of option: Option, at path: String) throws(UsageError) -> OptionValue
    {
        guard let read = option.kind.read(value) else {
            throw UsageError("\(name): \(path) must be \(option.kind.expectation), not \(value)")
        }
        return read
    }
}
