internal import HttpClient

/// One question to a hub, and what became of it once redirects are followed.
///
/// The token goes to the hub's own origin and nowhere else: large files lie on other hosts, which the hub
/// sends us to with an address that needs no token.
struct HubRequest {
    var hub: WebAddress
    var token: HubToken?
    var isStopped: @Sendable () -> Bool

    /// Why there is no reply that counts.
    enum Fault: Error {
        /// Worth another try, after what the hub asked for.
        case passing(reason: String, pause: Duration?)
        case unreachable(reason: String)
        /// Whoever received the body wanted no more of it.
        case declined
        case lasting(StoreError)
    }

    /// Follows redirects; `receive` sees only the body of a success.
    func perform(
        _ url: WebAddress,
        fields: [(name: String, value: String)] = [],
        receive: @escaping Transfer.Receiver
    ) throws(Fault) -> HttpReplyHead {
        var address = url
        for _ in 0...ModelStoreLimits.redirectCount {
            let head = try exchange(address, fields, receive)
            guard Self.isRedirect(head.status), let location = head["location"] else { return head }
            guard let next = address.resolving(location) else {
                throw .lasting(.malformed(url: "\(address)", problem: "redirects to no web address"))
            }
            guard next.origin.scheme == "https" || address.origin.scheme == "http" else {
                throw .lasting(
                    .malformed(
                        url: "\(address)",
                        problem: "redirects from https to http, which anybody reads"
                    )
                )
            }
            address = next
        }
        throw .lasting(
            .malformed(url: "\(url)", problem: "redirects more than \(ModelStoreLimits.redirectCount) times")
        )
    }

    private func exchange(
        _ address: WebAddress,
        _ fields: [(name: String, value: String)],
        _ receive: @escaping Transfer.Receiver
    ) throws(Fault) -> HttpReplyHead {
        var request = Transfer.Request(address.description)
        request.fields = fields
        request.patienceSeconds = ModelStoreLimits.patienceSeconds
        if let token, address.origin == hub.origin {
            request.fields.append(("Authorization", "Bearer \(token.secret)"))
        }
        var ignoredBytes = 0
        do throws(TransferError) {
            return try Transfer.perform(request, isStopped: isStopped) { head, bytes in
                if (200..<300).contains(head.status) { return receive(head, bytes) }
                ignoredBytes += bytes.count
                return ignoredBytes <= ModelStoreLimits.ignoredBytes
            }
        } catch {
            switch error {
            case .stopped: throw .lasting(.stopped)
            case .unreachable(let reason): throw .unreachable(reason: reason)
            case .broken(let reason): throw .passing(reason: reason, pause: nil)
            case .declined: throw .declined
            case .failed(let reason): throw .lasting(.unreachable(url: "\(address.origin)", reason: reason))
            }
        }
    }

    private static func isRedirect(_ status: Int) -> Bool { [301, 302, 303, 307, 308].contains(status) }
}
