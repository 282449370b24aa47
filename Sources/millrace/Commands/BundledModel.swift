import Glibc

/// The small model that comes with the program.
enum BundledModel {
    struct Missing: Error, CustomStringConvertible {
        var places: [String]

        var description: String {
            "the bundled demo model was not found in \(places.joined(separator: " or "));"
                + " give one with --model MODEL"
        }
    }

    /// Beside an installed program in `share/millrace`, or in the source tree that the program was built in.
    static func path() throws(Missing) -> String {
        let program = directory(of: executable())
        var places = ["\(program)/../share/millrace/demo-model"]
        var folder = program
        for _ in 0..<5 {
            places.append("\(folder)/Sources/millrace/Resources/demo-model")
            folder = directory(of: folder)
        }
        guard let found = places.first(where: { access("\($0)/config.json", R_OK) == 0 }) else {
            throw Missing(places: [places[0], "Sources/millrace/Resources/demo-model of the source tree"])
        }
        return found
    }

    private static func executable() -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
        return String(decoding: path, as: UTF8.self)
    }

    private static func directory(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}
