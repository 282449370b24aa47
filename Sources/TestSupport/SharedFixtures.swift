public import JSON

/// Golden data beside the package, too large to lie in it; tests that need it are skipped where it is absent.
public enum SharedFixtures {
    public static func path(_ name: String) -> String { PackageFolder.path + "/../shared/fixtures/" + name }

    public static func has(_ name: String) -> Bool { TestFile.exists(path(name)) }

    public static func text(_ name: String) throws -> String { try TestFile.text(of: path(name)) }

    public static func json(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: try TestFile.bytes(of: path(name)), limits: .modelFile)
    }
}
