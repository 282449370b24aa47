internal import Contract
internal import EventLoop

/// Lets some clients stream answers from servers, each one request after the other.
///
/// Runs on a loop of its own on the calling thread, until every request has had its reply. A reply that is
/// refused, broken or late is one of the results.
public final class StreamRun {
    public struct Plan {
        public var clientCount: Int
        /// How long a reply may take from the request to its end.
        public var patience: Duration
        /// What a client asks next, told the reply to what it asked last; nil: nothing more.
        public var next: (_ client: Int, _ last: StreamReply?) -> StreamOrder?

        public init(
            clientCount: Int,
            patience: Duration = .seconds(600),
            next: @escaping (_ client: Int, _ last: StreamReply?) -> StreamOrder?
        ) {
            self.clientCount = clientCount
            self.patience = patience
            self.next = next
        }
    }

    private let plan: Plan
    private let onReply: (Int) -> Void
    private let loop: EventLoop
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)
    private var openCount = 0
    private var isStarting = true
    private var replies: [StreamReply] = []

    /// `onReply` hears how many replies there are.
    public static func replies(
        to plan: Plan,
        onReply: @escaping (Int) -> Void = { _ in }
    ) throws -> [StreamReply] {
        try StreamRun(plan, onReply).run()
    }

    private init(_ plan: Plan, _ onReply: @escaping (Int) -> Void) throws {
        self.plan = plan
        self.onReply = onReply
        loop = try EventLoop()
    }

    private func run() -> [StreamReply] {
        for client in 0..<max(1, plan.clientCount) { startNext(client, after: nil) }
        isStarting = false
        if openCount > 0 { loop.run() }
        return replies
    }

    /// The client's next request that can be sent at all; those that cannot be have their reply now.
    private func startNext(_ place: Int, after reply: StreamReply?) {
        var last = reply
        while let order = plan.next(place, last) {
            let now = loop.now
            do throws(LoadFault) {
                let client = try StreamClient(order.request, to: order.address, at: now)
                try watch(client, order.number, at: place)
                openCount += 1
                return
            } catch {
                var unsent = StreamReply(sentAt: now)
                unsent.fault = error
                unsent.number = order.number
                last = unsent
                add(unsent)
            }
        }
        if openCount == 0, !isStarting { loop.stop() }
    }

    private func watch(_ client: StreamClient, _ number: Int, at place: Int) throws(LoadFault) {
        var timer: TimerID?
        let interest: EventLoop.Interest = client.hasMoreToSend ? [.read, .write] : .read
        do {
            try loop.watch(client.descriptor, for: interest) { [unowned self] readiness in
                var fault: LoadFault?
                var isComplete = false
                do throws(LoadFault) {
                    if client.hasMoreToSend {
                        try client.send()
                        if !client.hasMoreToSend { loop.change(client.descriptor, to: .read) }
                    }
                    isComplete = try client.receive(through: &buffer) { loop.now }
                } catch {
                    fault = error
                }
                guard isComplete || fault != nil else { return }
                if let timer { loop.cancel(timer) }
                finish(client, number, at: place, fault)
            }
        } catch {
            throw .system(call: error.call, code: error.code)
        }
        timer = loop.schedule(after: plan.patience) { [unowned self] in
            finish(client, number, at: place, .silent(seconds: plan.patience.components.seconds))
        }
    }

    private func finish(_ client: StreamClient, _ number: Int, at place: Int, _ fault: LoadFault?) {
        loop.unwatch(client.descriptor)
        openCount -= 1
        var reply = client.end(at: loop.now, fault: fault)
        reply.number = number
        add(reply)
        startNext(place, after: reply)
    }

    private func add(_ reply: StreamReply) {
        replies.append(reply)
        onReply(replies.count)
    }
}
