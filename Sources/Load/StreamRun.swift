internal import Contract
internal import EventLoop

/// Lets some clients stream completions from a server, each one request after the other.
///
/// Runs on a loop of its own on the calling thread, until every request has had its reply. A reply that is
/// refused, broken or late is one of the results.
public final class StreamRun {
    public struct Plan: Sendable {
        public var address: LoadAddress
        /// Handed out in this order to whichever client is free.
        public var requests: [LoadRequest]
        public var clientCount: Int
        /// How long a reply may take from the request to its end.
        public var patience: Duration

        public init(
            address: LoadAddress,
            requests: [LoadRequest],
            clientCount: Int,
            patience: Duration = .seconds(600)
        ) {
            self.address = address
            self.requests = requests
            self.clientCount = clientCount
            self.patience = patience
        }
    }

    private let plan: Plan
    private let onReply: (Int) -> Void
    private let loop: EventLoop
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)
    private var nextRequest = 0
    private var openCount = 0
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
        for _ in 0..<max(1, plan.clientCount) { startNext() }
        if openCount > 0 { loop.run() }
        return replies
    }

    /// The next request that can be sent at all; those that cannot be have their reply now.
    private func startNext() {
        while nextRequest < plan.requests.count {
            let request = plan.requests[nextRequest]
            nextRequest += 1
            let now = loop.now
            do throws(LoadFault) {
                let client = try StreamClient(request, to: plan.address, at: now)
                try watch(client)
                openCount += 1
                return
            } catch {
                var reply = StreamReply(sentAt: now)
                reply.fault = error
                add(reply)
            }
        }
        if openCount == 0 { loop.stop() }
    }

    private func watch(_ client: StreamClient) throws(LoadFault) {
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
                finish(client, fault)
            }
        } catch {
            throw .system(call: error.call, code: error.code)
        }
        timer = loop.schedule(after: plan.patience) { [unowned self] in
            finish(client, .silent(seconds: plan.patience.components.seconds))
        }
    }

    private func finish(_ client: StreamClient, _ fault: LoadFault?) {
        loop.unwatch(client.descriptor)
        openCount -= 1
        add(client.end(at: loop.now, fault: fault))
        startNext()
    }

    private func add(_ reply: StreamReply) {
        replies.append(reply)
        onReply(replies.count)
    }
}
