internal import HttpClient
internal import JSON

/// Where models are pulled from, and who asks.
public struct HubAddress: Sendable {
    let url: WebAddress
    let token: HubToken?

    /// Nil unless it is an http or https address without a user's name in it.
    public init?(url: String, token: HubToken?) {
        guard let url = WebAddress(url) else { return nil }
        self.url = url
        self.token = token
    }
}

/// A repository on a hub, for the length of one pull.
///
/// Tries again after what passes: lost connections, 429 and 5xx; the wait doubles, and a byte that came
/// starts the count anew. What nobody answered at all is reported at once, since an address is more often
/// wrong than a hub is down.
final class Hub {
    let reference: ModelReference
    let url: WebAddress
    private let request: HubRequest
    private let refusal: HubRefusal
    private let pause: (Duration, String) throws(StoreError) -> Void
    private var policy = RetryPolicy()
    private var hasAnswered = false

    /// `pause` waits, after it has told why; it throws when the user does not want to.
    init(
        _ address: HubAddress,
        _ reference: ModelReference,
        isStopped: @escaping @Sendable () -> Bool,
        pause: @escaping (Duration, String) throws(StoreError) -> Void
    ) {
        url = address.url
        self.reference = reference
        self.pause = pause
        request = HubRequest(hub: url, token: address.token, isStopped: isStopped)
        refusal = HubRefusal(hub: url, reference: reference, hasToken: address.token != nil)
    }

    /// The commit that the revision stands for now; everything else is asked of the commit, so that a push
    /// in between cannot mix two versions.
    func commit() throws(StoreError) -> String {
        let revision = percentEncode(reference.revision ?? "main")
        let place = try place("api/models/\(reference.repository)/revision/\(revision)")
        let (document, _) = try document(at: place)
        guard let commit = document["sha"]?.stringValue, isHex(commit, count: 40) else {
            throw .malformed(url: "\(place)", problem: "names no commit")
        }
        return commit
    }

    /// All files of the commit.
    func files(at commit: String) throws(StoreError) -> [RemoteFile] {
        var files: [RemoteFile] = []
        var next = try place("api/models/\(reference.repository)/tree/\(commit)?recursive=true")
        for _ in 0..<ModelStoreLimits.pageCount {
            let (page, link) = try document(at: next)
            files += try HubPage(page, url: "\(next)").files
            guard files.count <= ModelStoreLimits.fileCount else {
                throw .malformed(
                    url: "\(next)",
                    problem: "lists more than \(ModelStoreLimits.fileCount) files"
                )
            }
            guard let link else {
                try refuseTwins(files, next)
                return files
            }
            guard let following = next.resolving(link) else {
                throw .malformed(url: "\(next)", problem: "links to a next page that is no web address")
            }
            next = following
        }
        throw .malformed(
            url: "\(next)",
            problem: "the list of files has more than \(ModelStoreLimits.pageCount) pages"
        )
    }

    /// Where a file's bytes are.
    func place(of file: RemoteFile, at commit: String) throws(StoreError) -> WebAddress {
        try place("\(reference.repository)/resolve/\(commit)/\(file.path.percentEncoded)")
    }

    /// A small file as JSON.
    func json(_ file: RemoteFile, at commit: String) throws(StoreError) -> JSONValue {
        try document(at: place(of: file, at: commit), file: file.path).document
    }

    /// Asks for a file's bytes, again and again until `attempt` needs no more; `attempt` gets what to ask
    /// with.
    func persist(
        at place: WebAddress,
        _ attempt: (HubRequest, HubRefusal) throws(HubRequest.Fault) -> Void
    ) throws(StoreError) {
        while true {
            do throws(HubRequest.Fault) {
                try attempt(request, refusal)
                progressed()
                return
            } catch {
                try recover(from: error, place)
            }
        }
    }

    /// A byte came.
    func progressed() {
        hasAnswered = true
        policy.progressed()
    }

    private func recover(from fault: HubRequest.Fault, _ place: WebAddress) throws(StoreError) {
        switch fault {
        case .lasting(let error): throw error
        case .declined: throw .malformed(url: "\(place)", problem: "sends more than a hub may")
        case .unreachable(let reason):
            guard hasAnswered else { throw .unreachable(url: "\(place.origin)", reason: reason) }
            try wait(nil, reason, place)
        case .passing(let reason, let pause): try wait(pause, reason, place)
        }
    }

    private func wait(_ asked: Duration?, _ reason: String, _ place: WebAddress) throws(StoreError) {
        guard let length = policy.pause(asked: asked) else {
            throw .broken(url: "\(place)", reason: reason)
        }
        try pause(length, reason)
    }

    /// A JSON answer and the link to what follows it.
    private func document(
        at place: WebAddress,
        file: RepositoryPath? = nil
    ) throws(StoreError) -> (document: JSONValue, next: String?) {
        var body: [UInt8] = []
        var next: String?
        try persist(at: place) { (request, refusal) throws(HubRequest.Fault) in
            body = []
            let head = try request.perform(place) { _, bytes in
                body += bytes.prefix(ModelStoreLimits.documentBytes + 1 - body.count)
                return body.count <= ModelStoreLimits.documentBytes
            }
            guard head.status == 200 else { throw refusal.fault(head, file: file) }
            next = head["link"].flatMap(nextLink)
        }
        do {
            let limits = JSONLimits(depth: 64, bytes: ModelStoreLimits.documentBytes)
            return (try JSONValue(parsing: body, limits: limits), next)
        } catch {
            throw .malformed(url: "\(place)", problem: "no JSON: \(error)")
        }
    }

    private func place(_ path: String) throws(StoreError) -> WebAddress {
        let base = url.description
        guard let place = WebAddress(base + (base.hasSuffix("/") ? "" : "/") + path) else {
            throw .malformed(url: base, problem: "cannot be followed by \(path)")
        }
        return place
    }

    /// Two entries for one file would be two promises about its bytes.
    private func refuseTwins(_ files: [RemoteFile], _ place: WebAddress) throws(StoreError) {
        var seen: Set<RepositoryPath> = []
        for file in files where !seen.insert(file.path).inserted {
            throw .malformed(url: "\(place)", problem: "lists \(file.path) twice")
        }
    }
}
