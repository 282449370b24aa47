internal import Glibc

/// The folder that the package was built from, for tests that read or record what lies in it.
public enum PackageFolder {
    /// The nearest folder above this file that has a `Package.swift`; this file's own if none has.
    public static let path: String = {
        let own = #filePath.split(separator: "/").dropLast()
        var parts = own
        while !parts.isEmpty {
            let path = absolute(parts)
            if access(path + "/Package.swift", F_OK) == 0 { return path }
            parts.removeLast()
        }
        return absolute(own)
    }()

    private static func absolute(_ parts: ArraySlice<Substring>) -> String {
        "/" + parts.joined(separator: "/")
    }
}
