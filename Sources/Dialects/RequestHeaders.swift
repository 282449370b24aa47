/// The headers of a request as far as dialects read them: by name, whatever its case.
///
/// Unknown headers, beta headers among them, are never looked at.
public struct RequestHeaders: Sendable {
    private let fields: [(name: String, value: String)]

    public init(_ fields: [(name: String, value: String)] = []) {
        self.fields = fields.map { (name: $0.name.lowercased(), value: $0.value) }
    }

    /// The first value of a header; `name` in lower case.
    public subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }
}
