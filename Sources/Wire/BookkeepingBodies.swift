internal import Contract

/// The binary bodies that keep two books in step: acknowledgements, queue positions, credit, signs of life.
enum BookkeepingBodies {
    static func append(_ acknowledgements: [Acknowledgement], to bytes: inout [UInt8]) throws(FrameError) {
        try bytes.append("acks", count: acknowledgements.count, atMost: WireLimits.acknowledgements)
        for acknowledgement in acknowledgements {
            bytes.append(job: acknowledgement.job, acknowledgement.attempt)
            bytes.append(integer: acknowledgement.next)
            bytes.append(acknowledgement.ended ? 1 : 0)
        }
    }

    static func readAcknowledgements(_ reader: inout BodyReader) throws(FrameError) -> [Acknowledgement] {
        let count = try reader.count("acks", atMost: WireLimits.acknowledgements, ofAtLeast: 25)
        var acknowledgements: [Acknowledgement] = []
        acknowledgements.reserveCapacity(count)
        for _ in 0..<count {
            let job = try reader.jobID()
            let attempt = try reader.attempt()
            let next: UInt32 = try reader.integer("next")
            let ended: UInt8 = try reader.integer("ended")
            guard ended <= 1 else { throw .malformed("ended is \(ended), it must be 0 or 1") }
            acknowledgements.append(
                Acknowledgement(job: job, attempt: attempt, next: next, ended: ended == 1)
            )
        }
        return acknowledgements
    }

    static func append(_ positions: [QueuePosition], to bytes: inout [UInt8]) throws(FrameError) {
        try bytes.append("positions", count: positions.count, atMost: WireLimits.positions)
        for position in positions {
            bytes.append(integer: position.job.high)
            bytes.append(integer: position.job.low)
            bytes.append(integer: position.position)
            bytes.append(integer: position.etaMilliseconds)
        }
    }

    static func readPositions(_ reader: inout BodyReader) throws(FrameError) -> [QueuePosition] {
        let count = try reader.count("positions", atMost: WireLimits.positions, ofAtLeast: 24)
        var positions: [QueuePosition] = []
        positions.reserveCapacity(count)
        for _ in 0..<count {
            positions.append(
                QueuePosition(
                    job: try reader.jobID(),
                    position: try reader.integer("position"),
                    etaMilliseconds: try reader.integer("eta_ms")
                )
            )
        }
        return positions
    }

    static func append(_ credit: Credit, to bytes: inout [UInt8]) throws(FrameError) {
        bytes.append(integer: credit.id)
        bytes.append(integer: credit.includesLeases)
        try bytes.append("models", count: credit.models.count, atMost: WireLimits.models)
        for model in credit.models {
            bytes.append(integer: model.freeSequences)
            bytes.append(integer: model.freeTokens)
            try bytes.append("model", text: model.model, length: UInt8.self, atMost: WireLimits.nameBytes)
        }
    }

    static func readCredit(_ reader: inout BodyReader) throws(FrameError) -> Credit {
        let id: UInt64 = try reader.integer("credit_id")
        let includesLeases: UInt64 = try reader.integer("includes_leases")
        let count = try reader.count("models", atMost: WireLimits.models, ofAtLeast: 13)
        var models: [ModelCredit] = []
        models.reserveCapacity(count)
        for _ in 0..<count {
            let freeSequences: UInt32 = try reader.integer("free_sequences")
            let freeTokens: UInt64 = try reader.integer("free_tokens")
            let byteCount = Int(try reader.integer("model_len", as: UInt8.self))
            let name = try reader.text("model", byteCount: byteCount, atMost: WireLimits.nameBytes)
            models.append(ModelCredit(model: name, freeSequences: freeSequences, freeTokens: freeTokens))
        }
        return Credit(id: id, includesLeases: includesLeases, models: models)
    }

    static func append(_ heartbeat: Heartbeat, to bytes: inout [UInt8]) {
        bytes.append(integer: heartbeat.step)
        bytes.append(integer: heartbeat.running)
        bytes.append(integer: heartbeat.waiting)
    }

    static func readHeartbeat(_ reader: inout BodyReader) throws(FrameError) -> Heartbeat {
        Heartbeat(
            step: try reader.integer("step"),
            running: try reader.integer("running"),
            waiting: try reader.integer("waiting")
        )
    }
}
