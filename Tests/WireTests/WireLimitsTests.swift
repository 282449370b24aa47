import Contract
import JSON
import Testing
import Wire

@Suite struct `The limits of the wire` {
    @Test func `hold for every list and text that is written`() {
        let job = JobID(high: 0, low: 0)
        let record = TokenRecord(job: job, attempt: .first, position: 0)
        let card = ModelCard(name: "m", contextTokens: 1)
        let credit = ModelCredit(model: "m", freeSequences: 0, freeTokens: 0)
        let position = QueuePosition(job: job, position: 0, etaMilliseconds: 0)
        let ack = Acknowledgement(job: job, attempt: .first, next: 0, ended: false)
        expectLimit(WireLimits.recordsPerBundle) { .tokens([TokenRecord](repeating: record, count: $0)) }
        expectLimit(WireLimits.idsPerRecord) { count in
            .tokens([with(record) { $0.ids = TokenRun(repeatElement(1, count: count)) }])
        }
        expectLimit(WireLimits.textBytesPerRecord) { count in
            .tokens([with(record) { $0.text = String(repeating: "x", count: count) }])
        }
        expectLimit(WireLimits.stopStringBytes) { count in
            .tokens([with(record) { $0.end = .stop(sequence: String(repeating: "x", count: count)) }])
        }
        expectLimit(WireLimits.models) { .models([ModelCard](repeating: card, count: $0)) }
        expectLimit(WireLimits.models) {
            .credit(Credit(id: 1, includesLeases: 0, models: [ModelCredit](repeating: credit, count: $0)))
        }
        expectLimit(WireLimits.positions) { .positions([QueuePosition](repeating: position, count: $0)) }
        expectLimit(WireLimits.acknowledgements) { .ack([Acknowledgement](repeating: ack, count: $0)) }
        expectLimit(WireLimits.nameBytes) {
            .models([ModelCard(name: String(repeating: "x", count: $0), contextTokens: 1)])
        }
    }

    @Test func `cut a text for people instead of refusing it, where a code point ends`() throws {
        let job = JobID(high: 0, low: 0)
        let most = String(repeating: "x", count: WireLimits.detailBytes)
        #expect(try detailsOverTheWire(most, job) == [most, most, most])
        // Of the four bytes of a code point three would still fit, and the mark takes three more.
        let long = String(repeating: "x", count: WireLimits.detailBytes - 5) + "🌾🌾"
        let cut = String(repeating: "x", count: WireLimits.detailBytes - 5) + "…"
        #expect(try detailsOverTheWire(long, job) == [cut, cut, cut])
        let endless = try detailsOverTheWire(String(repeating: "é", count: 8 << 20), job)
        #expect(endless.allSatisfy { $0.utf8.count <= WireLimits.detailBytes && $0.hasSuffix("é…") })
    }

    /// As an error, a refusal and a failure say it.
    private func detailsOverTheWire(_ detail: String, _ job: JobID) throws -> [String] {
        let failed = StreamEnd.failed(Failure(.templateRaised, detail))
        let messages: [Message] = [
            .error(.cancelled, detail: detail),
            .refused(job, .first, Refusal(.laneFull, detail)),
            .tokens([TokenRecord(job: job, attempt: .first, position: 0, end: failed)]),
        ]
        return try messages.map { message in
            let bytes = try FrameCodec.encode(Envelope(header: .zero, message: message))
            guard case .envelope(let decoded) = try FrameCodec.decode(bytes) else { return "" }
            switch decoded.message {
            case .error(_, let detail): return detail
            case .refused(_, _, let refusal): return refusal.detail
            case .tokens(let records):
                guard case .failed(let failure) = records.first?.end else { return "" }
                return failure.detail
            default: return ""
            }
        }
    }

    @Test func `leave room in every lease for the largest submission`() throws {
        var job = Job(id: JobID(high: 0, low: 0), model: "m", prompt: .text(""))
        func byteCount(_ message: Message) throws -> Int {
            try FrameCodec.encode(Envelope(header: .zero, message: message)).count
        }
        job.limits.stop = [String](repeating: String(repeating: "\u{1}", count: 4 << 10), count: 240)
        let rest = try byteCount(.submit(Submission(job: job, attempt: .first)))
        let room = WireLimits.submitFrameBytes - rest
        job.prompt = .text(String(repeating: "x", count: room))
        let largest = Submission(job: job, attempt: .first)
        #expect(try byteCount(.submit(largest)) == WireLimits.submitFrameBytes)
        let endpoint = String(repeating: "\u{1}", count: WireLimits.endpointBytes)
        let edge = NodeID(String(repeating: "e", count: WireLimits.nodeNameBytes))
        let index = WireLimits.jsonCounter
        let lease = Lease(index: index, edge: edge, tokenEndpoint: endpoint, submission: largest)
        #expect(try byteCount(.lease(lease)) <= WireLimits.controlFrameBytes)
        job.prompt = .text(String(repeating: "x", count: room + 1))
        #expect(throws: FrameError.self) {
            try byteCount(.submit(Submission(job: job, attempt: .first)))
        }
    }

    @Test func `hold for every part of a job`() {
        expectJobLimit(WireLimits.promptBytes) {
            $0.prompt = .chat(context: String(repeating: "x", count: $1))
        }
        expectJobLimit(WireLimits.promptBytes) { $0.prompt = .text(String(repeating: "x", count: $1)) }
        expectJobLimit(WireLimits.promptTokens) { $0.prompt = .tokens([TokenID](repeating: 1, count: $1)) }
        expectJobLimit(WireLimits.stopStrings) { $0.limits.stop = [String](repeating: "x", count: $1) }
        expectJobLimit(WireLimits.stopStringBytes) { $0.limits.stop = [String(repeating: "x", count: $1)] }
        expectJobLimit(WireLimits.stopTokens) { $0.limits.stopTokens = [TokenID](repeating: 1, count: $1) }
        expectJobLimit(WireLimits.biases) {
            $0.sampling.bias = [TokenBias](repeating: TokenBias(token: 1, bias: 1), count: $1)
        }
        expectJobLimit(WireLimits.constraintBytes) {
            $0.constraint = OutputConstraint(.regex, String(repeating: "x", count: $1))
        }
        expectJobLimit(WireLimits.toolNames) {
            $0.reading = OutputRules(callIDPrefix: "call_")
            $0.reading?.strictTools = [String](repeating: "x", count: $1)
        }
        expectJobLimit(WireLimits.nameBytes) { $0.routing.tenant = String(repeating: "x", count: $1) }
        expectJobLimit(WireLimits.nameBytes) { $0.model = String(repeating: "x", count: $1) }
    }

    @Test func `hold for the frame as a whole`() throws {
        // Each text is within its limit; together they are not.
        let record = TokenRecord(
            job: JobID(high: 0, low: 0),
            attempt: .first,
            position: 0,
            text: String(repeating: "x", count: 400 << 10)
        )
        let header = LinkHeader.zero
        _ = try FrameCodec.encode(Envelope(header: header, message: .tokens([record, record])))
        let three = Envelope(header: header, message: .tokens([record, record, record]))
        #expect(throws: FrameError(.tooLarge, "the frame has 1228946 bytes, the limit is 1048576")) {
            try FrameCodec.encode(three)
        }
        // Escaped six-fold, a prompt within its limit is over the frame's.
        let job = Job(
            id: JobID(high: 0, low: 0),
            model: "m",
            prompt: .text(String(repeating: "\u{1}", count: 2 << 20))
        )
        #expect(throws: FrameError.self) {
            try FrameCodec.encode(
                Envelope(header: header, message: .submit(Submission(job: job, attempt: .first)))
            )
        }
        var noise = [UInt8](repeating: 0, count: WireLimits.controlFrameBytes + 1)
        noise.replaceSubrange(0..<3, with: [0x4D, 0x52, 1])
        #expect(throws: FrameError(.frameTooLarge, "the frame has 8388609 bytes, the limit is 8388608")) {
            try FrameCodec.decode(noise)
        }
    }

    @Test func `keep a lease's names to what a routing id may be`() {
        let submission = Submission(
            job: Job(id: JobID(high: 0, low: 0), model: "m", prompt: .text("")),
            attempt: .first
        )
        for name in ["", "a b", "ü", String(repeating: "x", count: 65), "a/b", "\u{0}"] {
            let lease = Lease(index: 1, edge: NodeID(name), tokenEndpoint: "", submission: submission)
            #expect(throws: FrameError.self) {
                try FrameCodec.encode(Envelope(header: .zero, message: .lease(lease)))
            }
        }
    }

    @Test func `keep counters in JSON to what every reader gets exactly`() throws {
        let most = ModelCard(name: "m", contextTokens: 1, created: WireLimits.jsonCounter)
        let bytes = try FrameCodec.encode(Envelope(header: .zero, message: .models([most])))
        #expect(
            try FrameCodec.decode(bytes) == .envelope(Envelope(header: .zero, message: .models([most])))
        )
        let more = with(most) { $0.created += 1 }
        #expect(
            throws: FrameError(
                .tooLarge,
                "models[].created is 9007199254740992, the limit is 9007199254740991"
            )
        ) {
            try FrameCodec.encode(Envelope(header: .zero, message: .models([more])))
        }
    }

    private func expectJobLimit(_ limit: Int, _ change: (inout Job, Int) -> Void) {
        expectLimit(limit) { count in
            var job = Job(id: JobID(high: 0, low: 0), model: "m", prompt: .text(""))
            change(&job, count)
            return .submit(Submission(job: job, attempt: .first))
        }
    }

    /// A message with `limit` of something goes over the wire; one more and it is not written.
    private func expectLimit(_ limit: Int, _ make: (Int) -> Message) {
        let most = Envelope(header: .zero, message: make(limit))
        #expect(throws: Never.self) {
            let decoded = try FrameCodec.decode(try FrameCodec.encode(most))
            #expect(decoded == .envelope(most))
        }
        let error = #expect(throws: FrameError.self) {
            try FrameCodec.encode(Envelope(header: .zero, message: make(limit + 1)))
        }
        #expect(error?.code == .tooLarge)
        #expect(error?.detail.hasSuffix("is \(limit + 1), the limit is \(limit)") == true)
    }

    private func with<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
        var value = value
        change(&value)
        return value
    }
}
