public import Contract

/// Streams that change their edge.
///
/// A client that lost its edge comes with the name of its stream. This edge asks the coordinator (`seek`),
/// gets all that is known of it (`handover`), and if the client may have it, owns it from then on (`adopt`):
/// under an attempt that fences whatever the former owner may still do.
extension EdgeRole {
    /// A stream that somebody asks for, and that this edge does not own.
    struct Seek {
        var since: Instant
        var lastAsked: Instant
    }

    /// A client asks for a stream: `found` or `unfound` follows.
    public mutating func seek(_ job: JobID, at now: Instant) {
        guard seeks[job] == nil else { return }
        guard seeks.count < limits.seeksPerEdge, !isDraining else {
            return effects.append(.unfound(job))
        }
        seeks[job] = Seek(since: now, lastAsked: now)
        sendToCoordinator(.seek(job, by: identity.node), at: now)
    }

    /// Nobody asks for it any more.
    public mutating func stopSeeking(_ job: JobID) { seeks[job] = nil }

    /// Owns a stream that was found: shows all of it from the beginning, and then what comes.
    public mutating func adopt(_ found: Submission, at now: Instant) {
        let id = found.job.id
        guard jobs[id] == nil else { return }
        guard hasRoom(for: found.job) else {
            let detail = "this edge has no room for another stream"
            return refuse(id, Refusal(.laneFull, detail, retryAfterSeconds: 1))
        }
        var entry = EdgeJob(
            found.job,
            links: found.links,
            at: now + .milliseconds(-Int64(found.waitedMilliseconds))
        )
        entry.deadline = found.remainingMilliseconds.map { now + .milliseconds(Int64($0)) }
        entry.attempt = found.attempt.takenOver
        entry.fingerprint = found.fingerprint
        entry.isTakenOver = true
        for record in found.told where entry.commit(record) == .appended { effects.append(.show(record)) }
        guard entry.stream.end == nil else { return }
        guard entry.stream.ids == found.committed else {
            let detail = "what is known of the stream is not all that was shown of it"
            return effects.append(.ended(id, .failed(Failure(.streamLost, detail))))
        }
        keep(entry)
        submit(id, at: now)
    }

    /// What was shown of a job that has not ended, record by record, if its client may come back.
    public func told(of job: JobID) -> [TokenRecord]? { jobs[job]?.told }

    /// Another edge asks for a stream.
    ///
    /// One that is here is about to be put up, or has been: the coordinator will know of it.
    mutating func sought(_ job: JobID, by edge: NodeID, at now: Instant) {
        guard jobs[job] == nil else { return }
        sendToCoordinator(.unfound(job, by: edge), at: now)
    }

    mutating func heardOf(_ handover: Handover, at now: Instant) {
        let id = handover.submission.job.id
        guard seeks.removeValue(forKey: id) != nil else { return }
        if let job = twins.removeValue(forKey: id) {
            effects.append(.unfound(id))
            return foundTwin(handover.submission, of: job, at: now)
        }
        effects.append(.found(handover.submission))
    }

    /// Nobody has it, or nobody says so in time.
    mutating func stopSeekingInVain(_ job: JobID, at now: Instant) {
        guard seeks.removeValue(forKey: job) != nil else { return }
        effects.append(.unfound(job))
        if let own = twins.removeValue(forKey: job) { runAnyway(own, at: now) }
    }

    /// Another edge owns the job: its client went there.
    mutating func moved(_ job: JobID, _ attempt: Attempt) {
        guard let entry = jobs[job], entry.attempt <= attempt else { return }
        remove(job)
        effects.append(.ended(job, .failed(Failure(.streamLost, "another edge has taken the stream over"))))
    }

    /// Asks again for what was not found: a worker may not have said hello yet to a coordinator that has
    /// just begun.
    mutating func keepSeeking(at now: Instant) {
        for (job, seek) in seeks.sorted(by: { $0.key < $1.key }) {
            if now - seek.since > timing.seekPatience {
                stopSeekingInVain(job, at: now)
            } else if now - seek.lastAsked >= timing.seekRetry {
                seeks[job]?.lastAsked = now
                sendToCoordinator(.seek(job, by: identity.node), at: now)
            }
        }
    }
}
