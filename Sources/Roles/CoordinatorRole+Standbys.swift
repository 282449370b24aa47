public import Contract

extension CoordinatorRole {
    /// Another coordinator watches over this one: all that it needs are signs of life.
    mutating func greetedByStandby(_ node: NodeID, _ header: LinkHeader, at now: Instant) {
        if standbys[node] == nil {
            guard standbys.count < limits.standbys else { return }
            standbys[node] = EdgePeer(link: Link(.server, epoch: epoch, at: now), lastSent: now)
        }
        guard case .opened = standbys[node]?.link.receive(header, opens: true, at: now) else { return }
        let beat = UInt32(clamping: timing.heartbeat.milliseconds)
        send(.welcome(Welcome(heartbeatMilliseconds: beat)), toStandby: node, at: now)
    }

    mutating func keepStandby(_ node: NodeID, at now: Instant) {
        guard let standby = standbys[node] else { return }
        if now - standby.link.lastHeard > timing.silence { return standbys[node] = nil }
        if now - standby.lastSent >= timing.heartbeat {
            send(.heartbeat(Heartbeat()), toStandby: node, at: now)
        }
    }

    /// Says goodbye to everybody: whoever can go to another coordinator goes at once.
    public mutating func leave(at now: Instant) {
        for node in standbys.keys.sorted() { send(.bye, toStandby: node, at: now) }
        for node in workers.keys.sorted() where workers[node]?.link.isOpen == true {
            send(.bye, toWorker: node, at: now)
        }
        for node in edges.keys.sorted() { send(.bye, toEdge: node, at: now) }
    }

    private mutating func send(_ message: Message, toStandby node: NodeID, at now: Instant) {
        guard standbys[node]?.link.isOpen == true, let header = standbys[node]?.link.stamp(at: now) else {
            return
        }
        standbys[node]?.lastSent = now
        effects.append(.send(node, Envelope(header: header, message: message)))
    }
}
