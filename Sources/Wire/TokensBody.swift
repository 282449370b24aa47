internal import Contract

/// The body of `tokens`: one bundle per engine step and edge, the hottest bytes of the fleet.
enum TokensBody {
    /// Bytes of a record before its variable parts.
    static let recordByteCount = 32

    private enum Flag {
        static let opening: UInt8 = 1
        static let reading: UInt8 = 2
        static let logprobs: UInt8 = 4
        static let reuse: UInt8 = 8
        static let prompt: UInt8 = 16
        static let places: UInt8 = 32
        static let revision: UInt8 = 64
        static let all: UInt8 = 127
    }

    /// How a record says what ended its stream.
    private enum End {
        static let none: UInt8 = 0
        static let stop: UInt8 = 1
        static let stopSequence: UInt8 = 2
        static let length: UInt8 = 3
        static let cancelled: UInt8 = 4
        static let failed: UInt8 = 5
    }

    static func append(_ records: [TokenRecord], to bytes: inout [UInt8]) throws(FrameError) {
        try bytes.append("records", count: records.count, atMost: WireLimits.recordsPerBundle)
        for record in records { try append(record, to: &bytes) }
    }

    private static func append(_ record: TokenRecord, to bytes: inout [UInt8]) throws(FrameError) {
        let textByteCount = record.text.utf8.count
        try requireWritable("text in bytes", textByteCount, atMost: WireLimits.textBytesPerRecord)
        bytes.append(job: record.job, record.attempt)
        bytes.append(integer: record.position)
        let isRead = !record.marks.isEmpty || record.thinkingTokens > 0
        let hasPlaces = LogprobsBody.havePlaces(record.logprobs)
        bytes.append(
            (record.opening == nil ? 0 : Flag.opening) | (isRead ? Flag.reading : 0)
                | (record.logprobs.isEmpty ? 0 : Flag.logprobs)
                | (record.opening.map(ReuseBody.isNeeded) == true ? Flag.reuse : 0)
                | (record.isPrompt ? Flag.prompt : 0) | (hasPlaces ? Flag.places : 0)
                | (record.opening?.revision == nil ? 0 : Flag.revision)
        )
        bytes.append(kind(of: record.end))
        try bytes.append("ids", count: record.ids.count, atMost: WireLimits.idsPerRecord)
        bytes.append(integer: UInt32(truncatingIfNeeded: textByteCount))
        if let opening = record.opening {
            bytes.append(integer: opening.promptTokens)
            bytes.append(integer: opening.cachedTokens)
            if ReuseBody.isNeeded(opening) { ReuseBody.append(opening, to: &bytes) }
            if let revision = opening.revision {
                let limit = WireLimits.nameBytes
                try bytes.append("revision", text: revision, length: UInt8.self, atMost: limit)
            }
        }
        for id in record.ids { bytes.append(integer: id) }
        bytes.append(contentsOf: record.text.utf8)
        if isRead { try MarksBody.append(record, to: &bytes) }
        if !record.logprobs.isEmpty { try LogprobsBody.append(record.logprobs, to: &bytes) }
        if hasPlaces { LogprobsBody.appendPlaces(record.logprobs, to: &bytes) }
        switch record.end {
        case .stop(let sequence?):
            try bytes.append("stop", text: sequence, length: UInt16.self, atMost: WireLimits.stopStringBytes)
        case .failed(let failure):
            try bytes.append("code", text: failure.code.rawValue, length: UInt8.self, atMost: Int(UInt8.max))
            try bytes.append(
                "detail",
                text: shortened(detail: failure.detail),
                length: UInt16.self,
                atMost: WireLimits.detailBytes
            )
        default: break
        }
    }

    private static func kind(of end: StreamEnd?) -> UInt8 {
        switch end {
        case nil: End.none
        case .stop(sequence: nil): End.stop
        case .stop: End.stopSequence
        case .length: End.length
        case .cancelled: End.cancelled
        case .failed: End.failed
        }
    }

    static func read(_ reader: inout BodyReader) throws(FrameError) -> [TokenRecord] {
        let limit = WireLimits.recordsPerBundle
        let count = try reader.count("records", atMost: limit, ofAtLeast: recordByteCount)
        var records: [TokenRecord] = []
        records.reserveCapacity(count)
        for _ in 0..<count { records.append(try readRecord(&reader)) }
        return records
    }

    private static func readRecord(_ reader: inout BodyReader) throws(FrameError) -> TokenRecord {
        var record = TokenRecord(
            job: try reader.jobID(),
            attempt: try reader.attempt(),
            position: try reader.integer("position")
        )
        let flags: UInt8 = try reader.integer("flags")
        guard flags & ~Flag.all == 0 else {
            throw .malformed("flags of a record is \(flags), only bits 0 to 6 are known")
        }
        let end: UInt8 = try reader.integer("end")
        let idCount = Int(try reader.integer("ids", as: UInt16.self))
        guard idCount <= WireLimits.idsPerRecord else {
            throw .malformed("ids is \(idCount), the limit is \(WireLimits.idsPerRecord)")
        }
        let textByteCount = Int(try reader.integer("text_len", as: UInt32.self))
        if flags & Flag.opening != 0 {
            record.opening = StreamOpening(
                promptTokens: try reader.integer("prompt_tokens"),
                cachedTokens: try reader.integer("cached_tokens")
            )
            if flags & Flag.reuse != 0 { try ReuseBody.read(into: &record.opening, &reader) }
            if flags & Flag.revision != 0 {
                let byteCount = Int(try reader.integer("revision_len", as: UInt8.self))
                let limit = WireLimits.nameBytes
                record.opening?.revision = try reader.text("revision", byteCount: byteCount, atMost: limit)
            }
        } else if flags & (Flag.reuse | Flag.revision) != 0 {
            throw .malformed("flags of a record has bit 3 or 6 without bit 0")
        }
        record.ids = TokenRun(try reader.tokenIDs("ids", count: idCount))
        record.text = try reader.text("text", byteCount: textByteCount, atMost: WireLimits.textBytesPerRecord)
        if flags & Flag.reading != 0 { try MarksBody.read(into: &record, &reader) }
        if flags & Flag.logprobs != 0 { record.logprobs = try LogprobsBody.read(&reader) }
        if flags & Flag.places != 0 { try LogprobsBody.readPlaces(of: &record.logprobs, &reader) }
        record.isPrompt = flags & Flag.prompt != 0
        record.end = try readEnd(end, &reader)
        return record
    }

    private static func readEnd(_ kind: UInt8, _ reader: inout BodyReader) throws(FrameError) -> StreamEnd? {
        switch kind {
        case End.none: return nil
        case End.stop: return .stop(sequence: nil)
        case End.stopSequence:
            let byteCount = Int(try reader.integer("stop_len", as: UInt16.self))
            let text = try reader.text("stop", byteCount: byteCount, atMost: WireLimits.stopStringBytes)
            return .stop(sequence: text)
        case End.length: return .length
        case End.cancelled: return .cancelled
        case End.failed:
            let codeByteCount = Int(try reader.integer("code_len", as: UInt8.self))
            let word = try reader.text("code", byteCount: codeByteCount, atMost: Int(UInt8.max))
            guard let code = ErrorCode(rawValue: word) else { throw .malformed("code is not in errors.json") }
            let detailByteCount = Int(try reader.integer("detail_len", as: UInt16.self))
            let detail = try reader.text("detail", byteCount: detailByteCount, atMost: WireLimits.detailBytes)
            return .failed(Failure(code, detail))
        default: throw .malformed("end is \(kind), 0 to 5 are known")
        }
    }
}
