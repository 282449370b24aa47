import Contract
import Roles
import Testing

@Suite struct `A link` {
    private static let now = Instant.zero

    /// What happens on one side of a link, and what that side must make of it.
    enum Happening: Hashable, Sendable {
        /// We say hello.
        case greet
        /// We say something else.
        case say
        case close
        /// The other side's handshake arrives: its epoch, its sequence, how much of ours it acknowledges.
        case handshake(UInt64, UInt64, UInt64, Link.Verdict)
        /// Any other message of the other side arrives.
        case message(UInt64, UInt64, UInt64, Link.Verdict)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var steps: [Happening]
        var isOpen: Bool

        init(_ name: String, isOpen: Bool, _ steps: [Happening]) {
            testDescription = name
            self.isOpen = isOpen
            self.steps = steps
        }
    }

    /// Sequences and acknowledgements of the tables count from here, where the first life begins to count.
    private static func base(_ epoch: UInt64) -> UInt64 { (epoch << 16) | (1 << 16) }

    private func play(_ row: Row, _ side: Link.Side) {
        let mine: UInt64 = 1
        var link = Link(side, epoch: BootEpoch(rawValue: mine << 32), at: Self.now)
        func header(_ epoch: UInt64, _ sequence: UInt64, _ acknowledged: UInt64) -> LinkHeader {
            LinkHeader(
                epoch: BootEpoch(rawValue: epoch << 32),
                sequence: Self.base(epoch) + sequence,
                acknowledged: Self.base(mine) + acknowledged
            )
        }
        for (index, step) in row.steps.enumerated() {
            switch step {
            case .greet: _ = link.greet(at: Self.now)
            case .say: _ = link.stamp(at: Self.now)
            case .close: link.close()
            case .handshake(let epoch, let sequence, let acknowledged, let verdict):
                let found = link.receive(header(epoch, sequence, acknowledged), opens: true, at: Self.now)
                #expect(found == verdict, "\(row.testDescription), step \(index)")
            case .message(let epoch, let sequence, let acknowledged, let verdict):
                let found = link.receive(header(epoch, sequence, acknowledged), opens: false, at: Self.now)
                #expect(found == verdict, "\(row.testDescription), step \(index)")
            }
        }
        #expect(link.isOpen == row.isOpen, "\(row.testDescription)")
    }

    static let clientRows = [
        Row("closed until it greets", isOpen: false, [.message(2, 1, 0, .broken)]),
        Row("a welcome nobody asked for", isOpen: false, [.handshake(2, 1, 9, .drop)]),
        Row(
            "opens with the welcome to its hello",
            isOpen: true,
            [.greet, .handshake(2, 1, 1, .opened(newLife: true)), .message(2, 2, 1, .deliver)]
        ),
        Row(
            "opens again with a server that has forgotten it and counts from its beginning",
            isOpen: true,
            [
                .greet, .handshake(2, 1, 1, .opened(newLife: true)), .message(2, 2, 1, .deliver),
                .message(2, 3, 1, .deliver), .greet, .handshake(2, 1, 2, .opened(newLife: false)),
                .message(2, 2, 2, .deliver), .handshake(2, 1, 2, .drop),
            ]
        ),
        Row("drops a stale welcome", isOpen: false, [.greet, .greet, .handshake(2, 1, 1, .drop)]),
        Row(
            "drops all that came before the welcome",
            isOpen: true,
            [
                .greet, .handshake(2, 1, 1, .opened(newLife: true)), .greet, .message(2, 2, 1, .drop),
                .message(2, 3, 2, .drop), .handshake(2, 4, 2, .opened(newLife: false)),
                .message(2, 3, 2, .drop), .message(2, 5, 2, .deliver),
            ]
        ),
        Row(
            "a gap breaks it",
            isOpen: false,
            [
                .greet, .handshake(2, 1, 1, .opened(newLife: true)), .message(2, 3, 1, .broken),
                .message(2, 4, 1, .broken),
            ]
        ),
        Row(
            "a repetition is dropped",
            isOpen: true,
            [
                .greet, .handshake(2, 1, 1, .opened(newLife: true)), .message(2, 2, 1, .deliver),
                .message(2, 2, 1, .drop), .message(2, 1, 1, .drop), .handshake(2, 1, 1, .drop),
                .message(2, 3, 1, .deliver),
            ]
        ),
        Row(
            "a buried epoch stays buried",
            isOpen: true,
            [
                .greet, .handshake(2, 1, 1, .opened(newLife: true)), .greet,
                .handshake(3, 1, 2, .opened(newLife: true)), .message(2, 2, 2, .drop), .greet,
                .handshake(2, 9, 3, .drop), .handshake(3, 2, 3, .opened(newLife: false)),
            ]
        ),
        Row(
            "a message of a life that did not welcome it breaks nothing off but asks",
            isOpen: true,
            [.greet, .handshake(2, 1, 1, .opened(newLife: true)), .message(3, 1, 1, .broken)]
        ),
        Row(
            "closed, it takes no welcome to an earlier hello",
            isOpen: false,
            [.greet, .close, .handshake(2, 1, 1, .drop), .message(2, 2, 1, .broken)]
        ),
    ]

    static let serverRows = [
        Row("closed until it is greeted", isOpen: false, [.message(2, 1, 0, .broken)]),
        Row(
            "opens with a hello and listens to whoever acknowledges its welcome",
            isOpen: true,
            [.handshake(2, 1, 0, .opened(newLife: true)), .say, .message(2, 2, 1, .deliver)]
        ),
        Row(
            "ignores what does not acknowledge its welcome",
            isOpen: true,
            [
                .handshake(2, 1, 0, .opened(newLife: true)), .say, .message(2, 2, 0, .drop),
                .message(2, 2, 1, .deliver),
            ]
        ),
        Row(
            "ignores what acknowledges more than it has said",
            isOpen: true,
            [.handshake(2, 1, 0, .opened(newLife: true)), .say, .message(2, 2, 2, .drop)]
        ),
        Row(
            "a second hello voids the frames of the session before",
            isOpen: true,
            [
                .handshake(2, 1, 0, .opened(newLife: true)), .say,
                .handshake(2, 3, 1, .opened(newLife: false)),
                .say, .message(2, 2, 1, .drop), .message(2, 4, 1, .drop), .message(2, 4, 2, .deliver),
            ]
        ),
        Row(
            "a gap breaks it until the next hello",
            isOpen: true,
            [
                .handshake(2, 1, 0, .opened(newLife: true)), .say, .message(2, 3, 1, .broken),
                .message(2, 2, 1, .broken), .handshake(2, 4, 1, .opened(newLife: false)),
            ]
        ),
        Row(
            "a repeated hello is dropped",
            isOpen: true,
            [
                .handshake(2, 1, 0, .opened(newLife: true)), .say, .message(2, 2, 1, .deliver),
                .handshake(2, 1, 0, .drop), .message(2, 3, 1, .deliver),
            ]
        ),
        Row(
            "a buried epoch stays buried",
            isOpen: true,
            [
                .handshake(2, 1, 0, .opened(newLife: true)), .handshake(3, 1, 0, .opened(newLife: true)),
                .handshake(2, 2, 0, .drop), .message(2, 3, 0, .drop),
            ]
        ),
        Row(
            "closed, it asks for a hello",
            isOpen: false,
            [.handshake(2, 1, 0, .opened(newLife: true)), .say, .close, .message(2, 2, 1, .broken)]
        ),
    ]

    @Test(arguments: clientRows) func `keeps its rules as a client`(row: Row) { play(row, .client) }

    @Test(arguments: serverRows) func `keeps its rules as a server`(row: Row) { play(row, .server) }

    @Test func `stands between two real ends whatever the order of their first words`() {
        var client = Link(.client, epoch: BootEpoch(rawValue: .max), at: Self.now)
        var server = Link(.server, epoch: BootEpoch(rawValue: 0), at: Self.now)
        for round in 0..<3 {
            let hello = client.greet(at: Self.now)
            #expect(server.receive(hello, opens: true, at: Self.now) == .opened(newLife: round == 0))
            let welcome = server.stamp(at: Self.now)
            let more = server.stamp(at: Self.now)
            #expect(client.receive(more, opens: false, at: Self.now) == .drop)
            #expect(client.receive(welcome, opens: true, at: Self.now) == .opened(newLife: round == 0))
            #expect(client.receive(more, opens: false, at: Self.now) == .deliver)
            #expect(server.receive(client.stamp(at: Self.now), opens: false, at: Self.now) == .deliver)
        }
    }

    @Test func `hears what counts, and a silence that was announced`() {
        var link = Link(.server, epoch: BootEpoch(rawValue: 1), at: Self.now)
        let hello = LinkHeader(epoch: BootEpoch(rawValue: 2), sequence: 1)
        _ = link.receive(hello, opens: true, at: Self.now + .seconds(1))
        #expect(link.lastHeard == Self.now + .seconds(1))
        _ = link.receive(hello, opens: true, at: Self.now + .seconds(2))
        #expect(link.lastHeard == Self.now + .seconds(1))
        link.excuse(until: Self.now + .seconds(60))
        link.excuse(until: Self.now + .seconds(30))
        #expect(link.lastHeard == Self.now + .seconds(60))
    }

    @Test func `numbers what it says from where only this life begins, and nothing outside a session`() {
        var first = Link(.client, epoch: BootEpoch(rawValue: 5 << 32), at: Self.now)
        var second = Link(.client, epoch: BootEpoch(rawValue: 6 << 32), at: Self.now)
        #expect(first.stamp(at: Self.now).sequence + 1 == first.stamp(at: Self.now).sequence)
        #expect(first.stamp(at: Self.now).sequence != second.stamp(at: Self.now).sequence)
        #expect(first.stampOutside(at: Self.now).sequence == 0)
    }
}
