internal import Contract
internal import Dialects
internal import EventLoop
internal import Http
internal import ResponseStore

/// A client that follows a response which another edge makes: it is told the beginning, and all the rest as
/// soon as the store has it.
final class RemoteFollow {
    private static let pause: Duration = .milliseconds(250)

    private unowned let edge: EdgeHost
    private let id: ResponseID
    private let owner: ResponseOwner
    private var transcript: ResponseTranscript
    private var follower: ResponseFollower?
    private var timer: TimerID?

    init(
        _ edge: EdgeHost,
        _ transcript: ResponseTranscript,
        _ owner: ResponseOwner,
        _ responder: Responder,
        after position: Int?,
        headers: [HttpField]
    ) {
        self.edge = edge
        self.owner = owner
        self.transcript = transcript
        id = transcript.id
        let now = edge.loop.now
        follower = ResponseFollower(responder, after: position, headers: headers, at: now) { [weak self] in
            self?.transcript
        }
        responder.onClose = { [weak self] in self?.end() }
        follower?.catchUp(at: now)
        edge.responses.add(self)
        look()
    }

    func keepAlive(after silence: Duration, at now: Instant) {
        follower?.keepAlive(nil, after: silence, at: now)
    }

    private func look() {
        timer = edge.loop.schedule(after: Self.pause) { [weak self] in
            guard let self else { return }
            edge.responses.find(id, owner) { [weak self] in self?.take($0) }
        }
    }

    private func take(_ outcome: Result<StoredResponse, DialectError>) {
        guard follower != nil else { return }
        switch outcome {
        case .failure(let error): finish { $0.fail(error) }
        case .success(let found):
            transcript = found.transcript
            guard transcript.hasEnded else {
                follower?.catchUp(at: edge.loop.now)
                return look()
            }
            finish { [transcript] in $0.end(transcript) }
        }
    }

    private func finish(_ last: (ResponseFollower) -> Void) {
        if let follower { last(follower) }
        end()
    }

    private func end() {
        if let timer { edge.loop.cancel(timer) }
        follower = nil
        edge.responses.forget(self)
    }
}
