public import Contract

/// Turns messages into frames and frames into messages; `schemas/frames.md` is its specification.
///
/// Reading is total: every string of bytes is an envelope, a frame to skip, or a `FrameError`. It allocates
/// nothing on the word of a count that the bytes do not bear out.
public enum FrameCodec {
    /// What a frame turned out to be.
    public enum Frame: Hashable, Sendable {
        case envelope(Envelope)
        /// Of a type that this node does not know and need not know. It still took a number of its link.
        case skipped(LinkHeader)
    }

    /// One frame in a buffer of its own.
    public static func encode(_ envelope: Envelope) throws(FrameError) -> [UInt8] {
        var bytes: [UInt8] = []
        try append(envelope, to: &bytes)
        return bytes
    }

    /// Appends one frame to a buffer that its owner reuses; leaves it as it was when the message does not
    /// fit.
    public static func append(_ envelope: Envelope, to bytes: inout [UInt8]) throws(FrameError) {
        let start = bytes.count
        let type = MessageType(of: envelope.message)
        do throws(FrameError) {
            bytes.append(contentsOf: repeatElement(0, count: FrameHeader.byteCount))
            try append(envelope.message, to: &bytes)
            let byteCount = bytes.count - start
            guard byteCount <= type.frameByteLimit else {
                throw FrameError(
                    .tooLarge,
                    "the frame has \(byteCount) bytes, the limit is \(type.frameByteLimit)"
                )
            }
        } catch {
            bytes.removeLast(bytes.count - start)
            throw error
        }
        FrameHeader.write(envelope.header, type: type, into: &bytes, at: start)
    }

    public static func decode(_ bytes: [UInt8]) throws(FrameError) -> Frame { try decode(bytes.span.bytes) }

    /// Reads one frame in place, as a socket lends it.
    public static func decode(_ bytes: RawSpan) throws(FrameError) -> Frame {
        try bytes.withUnsafeBytes { frame throws(FrameError) in try decode(frame) }
    }

    private static func decode(_ frame: UnsafeRawBufferPointer) throws(FrameError) -> Frame {
        let header = try FrameHeader(reading: frame)
        guard let type = MessageType(rawValue: header.type) else {
            if header.flags & FrameHeader.optionalFlag != 0 { return .skipped(header.link) }
            throw FrameError(.unsupported, "type \(header.type) is not known to this node")
        }
        guard frame.count <= type.frameByteLimit else {
            throw FrameError(
                .frameTooLarge,
                "a frame of type \(type) has \(frame.count) bytes, the limit is \(type.frameByteLimit)"
            )
        }
        var reader = BodyReader(frame, from: header.byteCount)
        let message = try message(type, from: &reader)
        try reader.finish()
        return .envelope(Envelope(header: header.link, message: message))
    }

    private static func append(_ message: Message, to bytes: inout [UInt8]) throws(FrameError) {
        switch message {
        case .hello(let hello): bytes.append(json: try GreetingBody.json(hello))
        case .welcome(let welcome): bytes.append(json: try GreetingBody.json(welcome))
        case .resync, .bye, .drain: break
        case .heartbeat(let heartbeat): BookkeepingBodies.append(heartbeat, to: &bytes)
        case .busy(let milliseconds): bytes.append(integer: milliseconds)
        case .error(let code, let detail): bytes.append(json: OutcomeBody.error(code, detail))
        case .submit(let submission): bytes.append(json: try SubmissionBody.json(submission))
        case .refused(let job, let attempt, let refusal):
            bytes.append(json: OutcomeBody.refused(job, attempt, refusal))
        case .positions(let positions): try BookkeepingBodies.append(positions, to: &bytes)
        case .lost(let job, let attempt, let reason):
            bytes.append(json: OutcomeBody.lost(job, attempt, reason))
        case .models(let models): bytes.append(json: try GreetingBody.json(models))
        case .lease(let lease): bytes.append(json: try SubmissionBody.json(lease))
        case .credit(let credit): try BookkeepingBodies.append(credit, to: &bytes)
        case .declined(let job, let attempt, let decline):
            bytes.append(json: OutcomeBody.declined(job, attempt, decline))
        case .done(let job, let attempt, let outcome):
            bytes.append(json: OutcomeBody.done(job, attempt, outcome))
        case .load(let order), .unload(let order): bytes.append(json: try PlacementBody.json(order))
        case .stock(let stock): bytes.append(json: try PlacementBody.json(stock))
        case .manage(let request): bytes.append(json: try PlacementBody.json(request))
        case .managed(let reply): bytes.append(json: try PlacementBody.json(reply))
        case .tokens(let records): try TokensBody.append(records, to: &bytes)
        case .ack(let acknowledgements): try BookkeepingBodies.append(acknowledgements, to: &bytes)
        case .resume(let job, let attempt, let position):
            bytes.append(job: job, attempt)
            bytes.append(integer: position)
        case .holdings(let report): try HoldingsBody.append(report, to: &bytes)
        case .holdingsDigest(let digest): HoldingsBody.append(digest, to: &bytes)
        case .recountHoldings: break
        case .workerLoad(let load): try HoldingsBody.append(load, to: &bytes)
        case .seek(let job, let edge), .unfound(let job, let edge):
            bytes.append(json: try HandoverBody.seek(job, edge))
        case .handover(let handover): bytes.append(json: try HandoverBody.json(handover))
        case .claim(let claim): bytes.append(json: try HandoverBody.json(claim))
        case .moved(let job, let attempt): bytes.append(job: job, attempt)
        case .twin(let job, let attempt, let other):
            bytes.append(job: job, attempt)
            bytes.append(job: other)
        case .cancel(let job, let attempt), .accepted(let job, let attempt), .cancelled(let job, let attempt),
            .taken(let job, let attempt), .abandon(let job, let attempt):
            bytes.append(job: job, attempt)
        }
    }

    private static func message(
        _ type: MessageType,
        from reader: inout BodyReader
    ) throws(FrameError) -> Message {
        switch type {
        case .hello: .hello(try GreetingBody.readHello(try reader.members()))
        case .welcome: .welcome(try GreetingBody.readWelcome(try reader.members()))
        case .resync: .resync
        case .heartbeat: .heartbeat(try BookkeepingBodies.readHeartbeat(&reader))
        case .busy: .busy(milliseconds: try reader.integer("ms"))
        case .bye: .bye
        case .error: try OutcomeBody.readError(try reader.members())
        case .submit: .submit(try SubmissionBody.read(try reader.members()))
        case .cancel: .cancel(try reader.jobID(), try reader.attempt())
        case .accepted: .accepted(try reader.jobID(), try reader.attempt())
        case .refused: try OutcomeBody.readRefused(try reader.members())
        case .positions: .positions(try BookkeepingBodies.readPositions(&reader))
        case .cancelled: .cancelled(try reader.jobID(), try reader.attempt())
        case .lost: try OutcomeBody.readLost(try reader.members())
        case .models: .models(try GreetingBody.readModels(try reader.members()))
        case .lease: .lease(try SubmissionBody.readLease(try reader.members()))
        case .drain: .drain
        case .credit: .credit(try BookkeepingBodies.readCredit(&reader))
        case .taken: .taken(try reader.jobID(), try reader.attempt())
        case .declined: try OutcomeBody.readDeclined(try reader.members())
        case .done: try OutcomeBody.readDone(try reader.members())
        case .tokens: .tokens(try TokensBody.read(&reader))
        case .ack: .ack(try BookkeepingBodies.readAcknowledgements(&reader))
        case .resume: .resume(try reader.jobID(), try reader.attempt(), from: try reader.integer("from"))
        case .load: .load(try PlacementBody.readOrder(try reader.members()))
        case .unload: .unload(try PlacementBody.readOrder(try reader.members()))
        case .stock: .stock(try PlacementBody.readStock(try reader.members()))
        case .manage: .manage(try PlacementBody.readRequest(try reader.members()))
        case .managed: .managed(try PlacementBody.readReply(try reader.members()))
        case .abandon: .abandon(try reader.jobID(), try reader.attempt())
        case .holdings: .holdings(try HoldingsBody.readReport(&reader))
        case .holdingsDigest: .holdingsDigest(try HoldingsBody.readDigest(&reader))
        case .recountHoldings: .recountHoldings
        case .workerLoad: .workerLoad(try HoldingsBody.readLoad(&reader))
        case .seek: try HandoverBody.readSeek(try reader.members())
        case .unfound: try HandoverBody.readUnfound(try reader.members())
        case .handover: try HandoverBody.readHandover(try reader.members())
        case .claim: try HandoverBody.readClaim(try reader.members())
        case .moved: .moved(try reader.jobID(), try reader.attempt())
        case .twin: .twin(try reader.jobID(), try reader.attempt(), of: try reader.jobID())
        }
    }
}
