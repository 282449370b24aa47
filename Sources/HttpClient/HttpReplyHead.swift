/// The status of a reply and what its header says.
public struct HttpReplyHead: Hashable, Sendable {
    public var status: Int
    /// By name in small letters; of a repeated field the last counts.
    private var fields: [String: String] = [:]

    /// A reply has a few dozen; what comes behind is dropped.
    private static let maximumFieldCount = 256

    public init(status: Int, fields: [String: String] = [:]) {
        self.status = status
        self.fields = fields
    }

    /// The value of a field; `name` is in small letters.
    public subscript(_ name: String) -> String? { fields[name] }

    /// Takes the next line of a header, as it came; a status line begins anew, since interim replies (1xx)
    /// come before the one that counts.
    mutating func take(line bytes: some Sequence<UInt8>) {
        var line = Substring(decoding: Array(bytes), as: UTF8.self)
        while line.last?.isWhitespace == true { line.removeLast() }
        if line.hasPrefix("HTTP/") {
            status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            fields = [:]
            return
        }
        guard let colon = line.firstIndex(of: ":"), fields.count < Self.maximumFieldCount else { return }
        let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        fields[line[..<colon].lowercased()] = String(value)
    }
}
