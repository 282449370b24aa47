internal import Http
internal import Retries

/// One reply that several clients are told, each from its beginning: those who ask again while it is made,
/// and those who come when it is done.
///
/// Its author writes to `author` as to a client's connection. As long as somebody may come for it, all of it
/// is kept: a client that reads slowly takes the rest from there and holds nobody back. Else it is passed on
/// to whoever is there.
final class SharedReply: ReplySink {
    private enum Stage {
        case waiting
        case whole
        case streaming
        case ended(isFailure: Bool)
        case broken
    }

    /// What is written at once to a client that catches up.
    private static let pieceBytes = 128 << 10
    /// What is kept for a slow client of a reply that nobody else can come for, before it is cut off.
    private static let lagBytes = 4 << 20

    let number: RetryBook.Number
    private unowned let desk: RetryDesk
    private weak var responder: Responder?
    private var stage = Stage.waiting
    private var status = 0
    private var headers = ReplyHeaders()
    private var body: [UInt8] = []
    /// How much in front of `body` is not kept any more.
    private var droppedCount = 0
    private var readers: [SharedReader] = []

    init(_ number: RetryBook.Number, _ desk: RetryDesk) {
        self.number = number
        self.desk = desk
    }

    var hasEnded: Bool {
        switch stage {
        case .waiting, .streaming: false
        case .whole, .ended, .broken: true
        }
    }

    /// What the author of the reply writes to.
    func author() -> Responder {
        let responder = Responder(self)
        self.responder = responder
        return responder
    }

    /// Nobody waits for it: its author is told, as if its client had left.
    func giveUp() { responder?.lost() }

    // MARK: Clients

    /// Tells one more client, from the beginning.
    func tell(_ reader: SharedReader) {
        readers.append(reader)
        reader.responder.onClose = { [weak self, weak reader] in
            guard let self, let reader else { return }
            drop(reader)
            desk.clientLeft(self)
        }
        // The client's responder lets go of this when its reply ends, however that comes.
        reader.responder.onDrain = { [self, weak reader] in
            guard let reader else { return }
            reader.isBehind = false
            catchUp(reader)
            if !desk.keeps(self) { responder?.drained() }
        }
        begin(reader)
    }

    private func begin(_ reader: SharedReader) {
        switch stage {
        case .waiting, .broken:
            break
        case .whole:
            drop(reader)
            reader.send(status, headers, body)
        case .streaming, .ended:
            desk.seen(self)
            reader.startStream(status, headers)
            catchUp(reader)
        }
    }

    /// Writes what a client has not had, as far as its connection takes it, and the end behind that.
    private func catchUp(_ reader: SharedReader) {
        while !reader.isBehind, reader.place < end {
            let start = reader.place - droppedCount
            reader.write(Array(body[start..<min(start + Self.pieceBytes, body.count)]))
        }
        guard case .ended(let isFailure) = stage, reader.place == end else { return }
        drop(reader)
        reader.responder.end(isFailure: isFailure)
    }

    private var end: Int { droppedCount + body.count }

    private func drop(_ reader: SharedReader) { readers.removeAll { $0 === reader } }

    // MARK: What the author does

    var pendingBytes: Int { readers.map(\.responder.pendingBytes).max() ?? 0 }

    func send(status: Int, headers: ReplyHeaders, body: [UInt8]) {
        (self.status, self.headers, self.body) = (status, headers, body)
        stage = .whole
        desk.grew(self, by: body.count)
        desk.ended(self, isWhole: status < 400)
        for reader in readers { begin(reader) }
    }

    func startStream(status: Int, headers: ReplyHeaders) {
        (self.status, self.headers) = (status, headers)
        stage = .streaming
        for reader in readers { begin(reader) }
    }

    func write(_ bytes: [UInt8]) -> Bool {
        let isKept = desk.keeps(self)
        if !isKept, !readers.contains(where: { $0.place < end }) { return passOn(bytes) }
        body += bytes
        if isKept { desk.grew(self, by: bytes.count) } else { cutOffLaggards() }
        for reader in readers where !reader.isBehind {
            if reader.place + bytes.count == end { reader.write(bytes) } else { catchUp(reader) }
        }
        return true
    }

    /// Nothing is kept, and everybody has had what there was.
    private func passOn(_ bytes: [UInt8]) -> Bool {
        droppedCount = end + bytes.count
        body = []
        for reader in readers { reader.write(bytes) }
        return !readers.contains(where: \.isBehind)
    }

    private func cutOffLaggards() {
        for reader in readers where end - reader.place > Self.lagBytes {
            drop(reader)
            reader.responder.abort()
            desk.clientLeft(self)
        }
    }

    func end(isFailure: Bool) {
        stage = .ended(isFailure: isFailure)
        // Without what it could have grown by.
        body = body.withUnsafeBufferPointer { Array($0) }
        desk.ended(self, isWhole: !isFailure)
        for reader in readers { catchUp(reader) }
    }

    func abort() {
        for reader in breakOff() { reader.responder.abort() }
    }

    func abandon(hasBegun: Bool) {
        // Whoever is let go unanswered is told so by its own connection.
        for reader in breakOff() { (reader.responder.onClose, reader.responder.onDrain) = (nil, nil) }
    }

    private func breakOff() -> [SharedReader] {
        stage = .broken
        desk.ended(self, isWhole: false)
        defer { readers = [] }
        return readers
    }
}

/// A client of a reply that others may be told too, and how far it has been told.
final class SharedReader {
    let responder: Responder
    /// What is said to this client alone.
    private let more: ReplyHeaders
    /// Bytes of the body that its connection has taken.
    private(set) var place = 0
    /// It is written no more to until it has caught up.
    var isBehind = false

    init(_ responder: Responder, _ more: ReplyHeaders = ReplyHeaders()) {
        self.responder = responder
        self.more = more
    }

    func send(_ status: Int, _ headers: ReplyHeaders, _ body: [UInt8]) {
        responder.send(status: status, headers: headers + more, body: body)
    }

    func startStream(_ status: Int, _ headers: ReplyHeaders) {
        responder.startStream(status: status, headers: headers + more)
    }

    func write(_ bytes: [UInt8]) {
        place += bytes.count
        isBehind = !responder.write(bytes)
    }
}
