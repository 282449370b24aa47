internal import CCrypto
internal import Contract
internal import Dialects
internal import Http
internal import ResponseStore
public import Retries

/// What is done about requests that come again.
public struct RetryRules: Sendable {
    static let keyHeader = "idempotency-key"
    static let companyHeader = "x-millrace-single-flight"
    /// How often a client library has tried before; the official ones say it with every request.
    private static let countHeader = "x-stainless-retry-count"
    /// Beside the body, what decides how a request is run.
    private static let decisiveHeaders = [
        "x-millrace-lane", "x-millrace-timeout-ms", "x-millrace-resumable", "content-encoding",
    ]

    public var policy = RetryPolicy()
    /// Whether identical requests whose answer is certain share one job, unless tenant or request say
    /// otherwise.
    public var sharesJobs = false
    /// What tenants say of it.
    public var sharingTenants: [String: Bool] = [:]

    public init() {}

    /// What a request says about being asked more than once; nil if it says nothing.
    func request(_ context: RouteContext) throws(DialectError) -> RepeatableRequest? {
        let headers = context.headers
        let key = headers[Self.keyHeader]
        if let key, !RetryPolicy.keyBytes.contains(key.utf8.count) {
            let limit = RetryPolicy.keyBytes.upperBound
            let detail = "header \(Self.keyHeader) has \(key.utf8.count) bytes, it must have 1 to \(limit)"
            throw DialectError(.invalidRequest, detail, field: Self.keyHeader)
        }
        let tries = headers[Self.countHeader].flatMap { UInt32($0) }
        let wantsCompany = try wantsCompany(context)
        guard key != nil || tries != nil || wantsCompany else { return nil }
        let owner = ResponseOwner(of: headers).name
        let place = [context.tenant, owner, context.request.method, context.request.path]
        let decisive = Self.decisiveHeaders.map { headers[$0] ?? "" }
        // Without a digest it is run like any other.
        guard let whole = RequestDigest(place + decisive, context.request.body) else { return nil }
        var request = RepeatableRequest(key: key.flatMap { RequestDigest(place + [$0], []) }, whole: whole)
        request.comesAgain = tries != nil
        request.isRetry = tries.map { $0 > 0 } ?? false
        request.wantsCompany = wantsCompany
        return request
    }

    private func wantsCompany(_ context: RouteContext) throws(DialectError) -> Bool {
        switch context.headers[Self.companyHeader] {
        case nil: return sharingTenants[context.tenant] ?? sharesJobs
        case "true": return true
        case "false": return false
        case let value?:
            let detail = "header \(Self.companyHeader) is \"\(value.prefix(64))\", it must be true or false"
            throw DialectError(.invalidRequest, detail, field: Self.companyHeader)
        }
    }

    /// What tells a client that a reply was made for an earlier request; the first is Stripe's name for it.
    static func headers(_ reason: RetryBook.Reason) -> [HttpField] {
        let joined = HttpField("x-millrace-joined", reason.rawValue)
        return reason == .key ? [HttpField("idempotent-replayed", "true"), joined] : [joined]
    }
}

extension RequestDigest {
    /// SHA-256 over texts and bytes, each with its length, so that no two requests have the same words; nil
    /// where the library fails.
    init?(_ texts: [String], _ bytes: [UInt8]) {
        guard let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { return nil }
        for part in texts.map({ Array($0.utf8) }) + [bytes] {
            let isTaken = withUnsafeBytes(of: UInt64(part.count).bigEndian) { length in
                EVP_DigestUpdate(context, length.baseAddress, length.count) == 1
                    && EVP_DigestUpdate(context, part, part.count) == 1
            }
            guard isTaken else { return nil }
        }
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard EVP_DigestFinal_ex(context, &digest, &count) == 1 else { return nil }
        self.init(Array(digest.prefix(Int(count))))
    }

    /// In hexadecimal digits.
    var text: String { bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }
}
