internal import HttpClient

/// Brings one file from a hub, over as many connections as it takes.
struct FileDownload {
    let hub: Hub
    let commit: String
    let partial: PartialFile
    /// Told after every piece how many bytes it had; negative where bytes had to be dropped.
    let report: (Int) -> Void

    func run() throws(StoreError) {
        let place = try hub.place(of: partial.file, at: commit)
        while !partial.isComplete {
            try hub.persist(at: place) { (request, refusal) throws(HubRequest.Fault) in
                try attempt(request, refusal, place)
            }
        }
        try partial.finish()
    }

    /// One connection; whatever came of the file is kept.
    private func attempt(
        _ request: HubRequest,
        _ refusal: HubRefusal,
        _ place: WebAddress
    ) throws(HubRequest.Fault) {
        let body = BodyWriter(self, place)
        let head: HttpReplyHead
        do throws(HubRequest.Fault) {
            head = try request.perform(place, fields: conditions, receive: body.take)
        } catch {
            if case .declined = error, let failure = body.failure { throw .lasting(failure) }
            throw error
        }
        switch head.status {
        case 200, 206: break
        case 416:
            // The server has another file than the one that was begun.
            try body.restart()
            throw .passing(reason: "the server does not have the rest of \(partial.file.path)", pause: nil)
        default: throw refusal.fault(head, file: partial.file.path)
        }
        guard partial.isComplete else {
            throw .passing(reason: "the connection ended after \(partial.offset) bytes", pause: nil)
        }
    }

    private var conditions: [(name: String, value: String)] {
        guard partial.offset > 0 else { return [] }
        let tag = partial.entityTag.map { [("If-Range", $0)] } ?? []
        return [("Range", "bytes=\(partial.offset)-")] + tag
    }
}

/// Takes a reply's bytes to the disk; a class because the transfer's callback writes to it.
private final class BodyWriter {
    private(set) var failure: StoreError?
    private let download: FileDownload
    private let place: WebAddress
    private var hasBegun = false

    init(_ download: FileDownload, _ place: WebAddress) {
        self.download = download
        self.place = place
    }

    private var partial: PartialFile { download.partial }

    /// False where the reply cannot be used; `failure` then says why.
    func take(_ head: HttpReplyHead, _ bytes: UnsafeRawBufferPointer) -> Bool {
        // The status is looked at when the reply has ended.
        guard head.status == 200 || head.status == 206 else { return true }
        do throws(StoreError) {
            if !hasBegun { try begin(head) }
            guard bytes.count <= partial.file.byteCount - partial.offset else {
                throw .malformed(
                    url: "\(place)",
                    problem: "has more than the \(partial.file.byteCount) bytes that the hub's list says"
                )
            }
            if try partial.append(bytes) { download.hub.progressed() }
            download.report(bytes.count)
            return true
        } catch {
            failure = error
            return false
        }
    }

    func restart() throws(HubRequest.Fault) {
        do throws(StoreError) {
            try dropAll()
        } catch {
            throw .lasting(error)
        }
    }

    /// A server that answers 200 sends the whole file, whatever was asked of it.
    private func begin(_ head: HttpReplyHead) throws(StoreError) {
        hasBegun = true
        if head.status == 200, partial.offset > 0 { try dropAll() }
        if head.status == 206 { try checkRange(head["content-range"] ?? "") }
        try partial.note(entityTag: head["etag"])
    }

    /// `bytes FIRST-LAST/WHOLE` (RFC 9110, section 14.4) must go on where the file ends.
    private func checkRange(_ range: String) throws(StoreError) {
        let words = range.split { $0 == " " || $0 == "-" || $0 == "/" }
        guard words.count == 4, words[0] == "bytes", Int(words[1]) == partial.offset,
            words[3] == "*" || Int(words[3]) == partial.file.byteCount
        else {
            throw .malformed(
                url: "\(place)",
                problem: "sends \"\(range)\" and not the rest of \(partial.file.byteCount) bytes "
                    + "from \(partial.offset)"
            )
        }
    }

    private func dropAll() throws(StoreError) {
        download.report(-partial.offset)
        try partial.restart()
    }
}
