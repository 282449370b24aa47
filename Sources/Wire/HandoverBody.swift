internal import Contract
internal import JSON

/// `seek`, `unfound`, `handover` and `claim` as JSON, and records inside of JSON; the schemas have the same
/// names.
enum HandoverBody {
    static func seek(_ job: JobID, _ edge: NodeID) throws(FrameError) -> JSONValue {
        ["job": .string(job.description), "edge": try MemberWriter.node("edge", edge)]
    }

    static func readSeek(_ members: Members) throws(FrameError) -> Message {
        .seek(try members.jobID("job"), by: try members.node("edge"))
    }

    static func readUnfound(_ members: Members) throws(FrameError) -> Message {
        .unfound(try members.jobID("job"), by: try members.node("edge"))
    }

    static func json(_ handover: Handover) throws(FrameError) -> JSONValue {
        [
            "edge": try MemberWriter.node("edge", handover.edge),
            "submission": try SubmissionBody.json(handover.submission),
        ]
    }

    static func readHandover(_ members: Members) throws(FrameError) -> Message {
        .handover(
            Handover(
                edge: try members.node("edge"),
                submission: try SubmissionBody.read(try members.members("submission"))
            )
        )
    }

    static func json(_ claim: Claim) throws(FrameError) -> JSONValue {
        var object: JSONObject = [
            "job": .string(claim.job.description),
            "attempt": MemberWriter.integer(claim.attempt.rawValue),
            "edge": try MemberWriter.node("edge", claim.edge),
            "token_endpoint": try MemberWriter.text(
                "token_endpoint",
                claim.tokenEndpoint,
                atMost: WireLimits.endpointBytes
            ),
        ]
        object["edge_epoch"] = claim.edgeEpoch.map { .string(String($0.rawValue)) }
        return .object(object)
    }

    static func readClaim(_ members: Members) throws(FrameError) -> Message {
        var claim = Claim(
            job: try members.jobID("job"),
            attempt: try members.attempt(),
            edge: try members.node("edge"),
            tokenEndpoint: try members.text("token_endpoint", atMost: WireLimits.endpointBytes)
        )
        claim.edgeEpoch = try members.optionalEpoch("edge_epoch")
        return .claim(claim)
    }

    // MARK: Records

    /// Bundles of records in hexadecimal digits, since JSON holds no bytes.
    static func json(_ records: [TokenRecord]) throws(FrameError) -> JSONValue {
        var bundles: [JSONValue] = []
        var byteCount = 0
        for start in stride(from: 0, to: records.count, by: WireLimits.recordsPerBundle) {
            var bytes: [UInt8] = []
            let end = min(start + WireLimits.recordsPerBundle, records.count)
            try TokensBody.append(Array(records[start..<end]), to: &bytes)
            byteCount += bytes.count
            try requireWritable("told in bytes", byteCount, atMost: WireLimits.toldBytes)
            bundles.append(.string(Hexadecimal.text(of: bytes)))
        }
        return .array(bundles)
    }

    static func readRecords(_ key: String, _ members: Members) throws(FrameError) -> [TokenRecord] {
        var records: [TokenRecord] = []
        var byteCount = 0
        for text in try members.texts(
            key,
            atMost: WireLimits.toldBundles,
            ofBytes: 2 * WireLimits.toldBytes
        ) {
            guard let bytes = Hexadecimal.bytes(in: text) else {
                throw .malformed("\(key) must hold hexadecimal digits")
            }
            byteCount += bytes.count
            guard byteCount <= WireLimits.toldBytes else {
                throw .malformed("\(key) has \(byteCount) bytes, the limit is \(WireLimits.toldBytes)")
            }
            records += try readBundle(bytes.span.bytes)
        }
        return records
    }

    private static func readBundle(_ bytes: RawSpan) throws(FrameError) -> [TokenRecord] {
        try bytes.withUnsafeBytes { bundle throws(FrameError) in try readBundle(bundle) }
    }

    private static func readBundle(_ bundle: UnsafeRawBufferPointer) throws(FrameError) -> [TokenRecord] {
        var reader = BodyReader(bundle)
        let records = try TokensBody.read(&reader)
        try reader.finish()
        return records
    }
}

/// Bytes as two digits each.
enum Hexadecimal {
    private static let digits = Array("0123456789abcdef".utf8)

    static func text(of bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.count)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for anything that `text(of:)` does not write.
    static func bytes(in text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 2)
        var high: UInt8?
        for digit in text.utf8 {
            guard let value = value(of: digit) else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? bytes : nil
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
