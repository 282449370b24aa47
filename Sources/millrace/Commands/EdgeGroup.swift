import Edge
import EventLoop
import Ports

/// All the edges of one process as one role: that of the main loop, and those on threads of their own.
///
/// It is idle when the last of them is.
final class EdgeGroup: RoleHost {
    private let first: EdgeHost
    private let siblings: [RoleThread]
    private let idleSiblings: Mailbox<Void>
    private var busyCount: Int
    private var whenIdle: () -> Void = {}

    init(_ first: EdgeHost, _ siblings: [RoleThread], _ loop: EventLoop) throws {
        self.first = first
        self.siblings = siblings
        busyCount = 1 + siblings.count
        idleSiblings = try Mailbox()
        try loop.attach(idleSiblings) { [weak self] idle in self?.count(idle.count) }
    }

    func drain(_ whenIdle: @escaping () -> Void) {
        self.whenIdle = whenIdle
        for sibling in siblings { sibling.drain(idleSiblings) }
        first.drain { [weak self] in self?.count(1) }
    }

    func close() {
        first.close()
        for sibling in siblings { sibling.stop() }
    }

    private func count(_ idleCount: Int) {
        busyCount -= idleCount
        if busyCount == 0 { whenIdle() }
    }
}
