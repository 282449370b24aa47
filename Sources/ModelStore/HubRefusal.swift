internal import HttpClient

/// What a status that is no success means for the person who wants a model.
///
/// Hubs answer 401 for what does not exist too, so as not to tell strangers what does; `X-Error-Code` says
/// which it was.
struct HubRefusal {
    var hub: WebAddress
    var reference: ModelReference
    var hasToken: Bool

    /// `file`: where one was asked for.
    func fault(_ head: HttpReplyHead, file: RepositoryPath? = nil) -> HubRequest.Fault {
        let seconds = head["retry-after"].flatMap { Int($0) }.map { max(0, min($0, 1 << 30)) }
        switch head.status {
        case 408, 425, 429, 500...599:
            let pause = seconds.map { Duration.seconds($0) }
            if let seconds, let pause, pause > ModelStoreLimits.longestAskedPause {
                return .lasting(
                    .refused("\(host) answers \(head.status) and asks to come back in \(seconds) s")
                )
            }
            return .passing(reason: "\(host) answers \(head.status)", pause: pause)
        default: return .lasting(.refused(sentence(head, file)))
        }
    }

    private func sentence(_ head: HttpReplyHead, _ file: RepositoryPath?) -> String {
        switch (head["x-error-code"], head.status) {
        case ("GatedRepo", _): gated
        case ("RevisionNotFound", _): noRevision
        case ("EntryNotFound", _): noFile(file)
        case ("RepoNotFound", _): noRepository
        case (_, 401):
            hasToken ? "\(host) does not accept the token for \(reference.repository)" : noRepository
        case (_, 403): gated
        case (_, 404): file != nil ? noFile(file) : reference.revision != nil ? noRevision : noRepository
        case (_, let status): "\(host) answers \(status) for \(reference)"
        }
    }

    private var host: String { hub.origin.host }

    private var gated: String {
        "\(reference.repository) is gated: accept its licence at \(hub)\(slash)\(reference.repository) and "
            + (hasToken
                ? "use a token that may read it" : "set MILLRACE_HUB_TOKEN to a token of your account there")
    }

    private var noRepository: String {
        "\(host) has no model \(reference.repository)"
            + (hasToken ? " that your token may read" : "; if it is private or gated, set MILLRACE_HUB_TOKEN")
    }

    private var noRevision: String {
        "\(host) has no revision \(reference.revision ?? "main") of \(reference.repository), or no such model"
    }

    private func noFile(_ file: RepositoryPath?) -> String {
        "\(reference.repository) has no \(file.map { "\($0)" } ?? "such file")"
    }

    private var slash: String { hub.description.hasSuffix("/") ? "" : "/" }
}
