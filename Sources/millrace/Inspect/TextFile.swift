import Glibc

/// A whole file of text.
enum TextFile {
    private static let byteLimit = 16 << 20

    static func read(_ path: String) throws(InspectError) -> String {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw InspectError("\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw InspectError("\(path): \(String(cString: strerror(errno)))") }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk.prefix(count)
            guard bytes.count <= byteLimit else {
                throw InspectError("\(path) has more than \(byteLimit) bytes")
            }
        }
    }
}
