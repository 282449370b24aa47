import Contract
import Roles

/// The other end of a link, played by a test: keeps the link's rules, so that its headers are right.
struct Peer {
    var link: Link
    /// Whether it answers a hello with a welcome.
    var answersHello = true

    init(_ side: Link.Side, epoch: UInt64, at now: Instant) {
        link = Link(side, epoch: BootEpoch(rawValue: epoch << 32), at: now)
    }

    mutating func envelope(_ message: Message, at now: Instant) -> Envelope {
        if case .hello = message { return Envelope(header: link.greet(at: now), message: message) }
        return Envelope(header: link.stamp(at: now), message: message)
    }

    /// Takes a message in, and answers a hello with `welcome`.
    mutating func hear(_ envelope: Envelope, welcome: Welcome, at now: Instant) -> Envelope? {
        guard envelope.header.sequence != 0 else { return nil }
        var opens = false
        if case .welcome = envelope.message { opens = true }
        if case .hello = envelope.message { opens = true }
        guard opens, !answersHello, case .hello = envelope.message else {
            let verdict = link.receive(envelope.header, opens: opens, at: now)
            guard case .opened = verdict, case .hello = envelope.message else { return nil }
            return self.envelope(.welcome(welcome), at: now)
        }
        return nil
    }
}

extension Message {
    /// Whether it only keeps a session or the books, and answers nothing.
    var isHeartbeat: Bool {
        switch self {
        case .heartbeat, .workerLoad, .holdings, .holdingsDigest: true
        default: false
        }
    }
    var asReport: HoldingsReport? { if case .holdings(let report) = self { report } else { nil } }
    var asLoad: WorkerLoad? { if case .workerLoad(let load) = self { load } else { nil } }
    var asSubmission: Submission? { if case .submit(let submission) = self { submission } else { nil } }
    var asLease: Lease? { if case .lease(let lease) = self { lease } else { nil } }
    var asHello: Hello? { if case .hello(let hello) = self { hello } else { nil } }
    var asCredit: Credit? { if case .credit(let credit) = self { credit } else { nil } }
    var asTokens: [TokenRecord]? { if case .tokens(let records) = self { records } else { nil } }
    var asAcknowledgements: [Acknowledgement]? { if case .ack(let all) = self { all } else { nil } }
    var asPositions: [QueuePosition]? { if case .positions(let positions) = self { positions } else { nil } }
    var asHandover: Handover? { if case .handover(let handover) = self { handover } else { nil } }
    var asRefusal: Refusal? { if case .refused(_, _, let refusal) = self { refusal } else { nil } }
}

extension Attempt {
    static let second = Attempt.first.next
    static let third = Attempt.second.next
}

/// Job number `number`; its prompt counts as 10 tokens and its answer as 40 at most.
func job(_ number: UInt64, model: String = "m", timeout: UInt32? = nil) -> Job {
    var job = Job(id: id(number), model: model, prompt: .tokens([1, 2, 3]))
    job.limits.maxTokens = 40
    job.limits.timeoutMilliseconds = timeout
    job.routing.estimatedPromptTokens = 10
    return job
}

func id(_ number: UInt64) -> JobID { JobID(high: 7, low: number) }

/// A record of job `number` with `count` tokens, which are their own positions.
func record(
    _ number: UInt64,
    _ attempt: Attempt = .first,
    at position: UInt32,
    _ count: UInt32 = 1,
    end: StreamEnd? = nil
) -> TokenRecord {
    TokenRecord(
        job: id(number),
        attempt: attempt,
        position: position,
        ids: Array(position..<position + count),
        text: String(repeating: "x", count: Int(count)),
        end: end
    )
}

let card = ModelCard(name: "m", contextTokens: 1000)
