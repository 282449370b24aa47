public import Contract

/// What went wrong with a request, in the form that every dialect can say it.
///
/// Thrown by a dialect for a body that it refuses; made from a `Refusal` or a `Failure` for everything later.
public struct DialectError: Error, Hashable, Sendable {
    public var code: ErrorCode
    /// For people; names the field and the limit.
    public var detail: String
    /// The path of the offending field, for OpenAI's `param`.
    public var field: String?
    public var retryAfterSeconds: UInt32?

    public init(_ code: ErrorCode, _ detail: String, field: String? = nil, retryAfterSeconds: UInt32? = nil) {
        self.code = code
        self.detail = detail
        self.field = field
        self.retryAfterSeconds = retryAfterSeconds
    }

    public init(_ refusal: Refusal) {
        self.init(refusal.code, refusal.detail, retryAfterSeconds: refusal.retryAfterSeconds)
    }

    public init(_ failure: Failure) { self.init(failure.code, failure.detail) }

    /// Says what there is instead, as far as a sentence goes.
    ///
    /// `meaning` is what an alias makes of the name, and nobody serves.
    public init(unknownModel name: String, meaning: String? = nil, served: [String]) {
        let shown = served.prefix(RequestLimits.listedModels).joined(separator: ", ")
        let more = served.count > RequestLimits.listedModels ? " and others, see /v1/models" : ""
        let alias = meaning.map { $0 == name ? "" : ", where it means \($0.quoted)" } ?? ""
        self.init(
            .unknownModel,
            "the model \(name.quoted) does not exist here\(alias); there is: \(shown)\(more)",
            field: "model"
        )
    }

    /// A field whose value is not what it must be.
    ///
    /// `rest` goes on after the field's name: "must be a string".
    static func invalid(_ field: String, _ rest: String) -> DialectError {
        DialectError(.invalidRequest, "\(field) \(rest)", field: field)
    }

    /// A field that would change the meaning of the request and cannot be honoured.
    static func unsupported(_ field: String, _ rest: String) -> DialectError {
        DialectError(.unsupported, "\(field) \(rest)", field: field)
    }
}
