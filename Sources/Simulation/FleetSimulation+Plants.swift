internal import Contract
internal import Roles

/// The bugs planted on purpose.
extension FleetSimulation {
    /// Changes what arrives as the planted bug would change what the receiver makes of it.
    func tamper(with envelope: Envelope, for node: NodeID, on id: ConnectionID) -> Envelope {
        guard let plant else { return envelope }
        var envelope = envelope
        if plant == .epochNotChecked, node == id.client, edges[id.server] != nil {
            let first = firstEpochs[id] ?? envelope.header.epoch
            firstEpochs[id] = first
            envelope.header.epoch = first
        }
        switch (plant, envelope.message) {
        case (.attemptNotChecked, .tokens(var records)):
            for index in records.indices {
                guard let attempt = edges[node]?.role.attempt(of: records[index].job) else { continue }
                records[index].attempt = attempt
            }
            envelope.message = .tokens(records)
        case (.positionNotChecked, .tokens(var records)):
            for index in records.indices {
                guard let stream = edges[node]?.role.stream(of: records[index].job) else { continue }
                records[index].position = stream.next
            }
            envelope.message = .tokens(records)
        case (.creditAsDelta, .credit(var credit)):
            credit.includesLeases = .max
            envelope.message = .credit(credit)
        case (.loadNotShared, .stock(var stock)):
            for index in stock.indices where stock[index].state == .loading { stock[index].state = .absent }
            envelope.message = .stock(stock)
        case (.failureNotCounted, .stock(var stock)):
            for index in stock.indices { stock[index].failures = 0 }
            envelope.message = .stock(stock)
        case (.lossNotTold, .lost(_, _, .workerDied)):
            envelope.message = .heartbeat(Heartbeat())
        case (.doneNotSaid, .done) where random.once(in: 3):
            envelope.message = .heartbeat(Heartbeat())
        case (.cancelNotSettled, .done(_, _, let outcome)) where outcome.kind == .cancelled:
            envelope.message = .heartbeat(Heartbeat())
        case (.placeLost, .submit(var submission)) where submission.attempt > .first:
            submission.waitedMilliseconds = 0
            envelope.message = .submit(submission)
        case (.counterReset, .submit(var submission)):
            let id = ConnectionID(client: NodeID("edge-0"), server: Self.coordinatorName)
            guard submission.job.routing.tenant == "a" else { break }
            submission.job.routing.tenant = "a\(connections[id]?.generation ?? 0)"
            envelope.message = .submit(submission)
        case (.takeoverNotFenced, .submit(var submission)) where submission.takesOver:
            submission.attempt = Attempt(rawValue: submission.attempt.rawValue & 0xFFFF)
            envelope.message = .submit(submission)
        case (.revisionNotChecked, .submit(var submission)):
            submission.revision = nil
            envelope.message = .submit(submission)
        case (.drawsRestarted, .lease(var lease)) where !lease.submission.committed.isEmpty:
            lease.submission.job.sampling.seed &+= UInt64(lease.submission.attempt.rawValue)
            envelope.message = .lease(lease)
        default:
            break
        }
        return envelope
    }
}
