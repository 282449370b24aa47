internal import Contract
internal import Roles
internal import Wire

extension FleetSimulation {
    /// A frame sets out.
    ///
    /// It really is encoded and decoded on the way.
    func send(_ envelope: Envelope, _ id: ConnectionID, _ direction: Connection.Direction) {
        guard var connection = connections[id], connection.isUp else { return unreachable(id, direction) }
        report.frames += 1
        guard let travelled = throughTheCodec(envelope) else { return }
        var arrival = now + random.duration(50...3_000)
        if scenario.isRandom, random.once(in: 200) { arrival = arrival + random.duration(1_000...400_000) }
        arrival = max(arrival, connection.lastArrival[direction.rawValue] + .microseconds(1))
        connection.lastArrival[direction.rawValue] = arrival
        connections[id] = connection
        let event = SimulationEvent.arrives(id, direction, generation: connection.generation, travelled)
        schedule.add(event, at: arrival, tie: random.next())
    }

    private func throughTheCodec(_ envelope: Envelope) -> Envelope? {
        do {
            let bytes = try FrameCodec.encode(envelope)
            guard case .envelope(let decoded) = try FrameCodec.decode(bytes) else {
                violate("a frame was taken for an optional one: \(envelope)")
                return nil
            }
            if decoded != envelope { violate("a frame changed on the way: \(envelope) became \(decoded)") }
            return decoded
        } catch {
            violate("a frame could not travel: \(error): \(envelope)")
            return nil
        }
    }

    /// The server learns of a broken connection by trying to send; the client was told when it broke.
    private func unreachable(_ id: ConnectionID, _ direction: Connection.Direction) {
        guard direction == .toClient, state(of: id.server)?.isAlive == true else { return }
        let local = localTime(id.server)
        if id.server == Self.coordinatorName {
            coordinator.role.unreachable(id.client, at: local)
        } else if id.server == Self.standbyName {
            standby?.role?.unreachable(id.client, at: local)
        } else {
            edges[id.server]?.role.workerUnreachable(id.client, at: local)
        }
    }

    func arrive(
        _ id: ConnectionID,
        _ direction: Connection.Direction,
        _ generation: Int,
        _ envelope: Envelope
    ) {
        guard let connection = connections[id], connection.isUp, connection.generation == generation else {
            return
        }
        guard connection.blackout[direction.rawValue] <= now else { return }
        connections[id]?.remember(envelope, direction)
        deliver(id, direction, envelope)
    }

    func deliver(_ id: ConnectionID, _ direction: Connection.Direction, _ envelope: Envelope) {
        let target = direction == .toServer ? id.server : id.client
        guard state(of: target)?.isAlive == true else { return }
        let envelope = tamper(with: envelope, for: target, on: id)
        let local = localTime(target)
        trace?(
            "\(now.microseconds) \(id.client)\(direction == .toServer ? "→" : "←")\(id.server) \(envelope)"
        )
        if target == Self.standbyName { return deliverToStandby(id, direction, envelope, at: local) }
        // What a coordinator says that its client has turned from is not heard.
        if coordinatorNames.contains(id.server), direction == .toClient, id.server != home(of: target) {
            return
        }
        switch (direction, target == Self.coordinatorName) {
        case (.toServer, true):
            coordinator.role.receive(id.client, envelope, at: local)
            settleCoordinator()
        case (.toServer, false):
            edges[target]?.role.receiveFromWorker(id.client, envelope, at: local)
            settleEdge(target)
        case (.toClient, _) where edges[target] != nil:
            edges[target]?.role.receiveFromCoordinator(envelope, at: local)
            settleEdge(target)
        case (.toClient, _):
            if coordinatorNames.contains(id.server) {
                workers[target]?.role.receiveFromCoordinator(envelope, at: local)
            } else {
                workers[target]?.role.receiveFromEdge(id.server, envelope, at: local)
            }
            settleWorker(target)
        }
    }

    // MARK: Connections

    func dial(_ id: ConnectionID) {
        guard connections[id] == nil else { return }
        connections[id] = Connection()
        plan(.connects(id, generation: 0), after: random.duration(100...20_000))
    }

    func hangUp(_ id: ConnectionID) {
        connections[id]?.isUp = false
        connections[id]?.generation += 1
        connections[id] = nil
    }

    /// One end left on purpose, and what it said last has arrived.
    func close(_ id: ConnectionID, _ generation: Int) {
        guard connections[id]?.generation == generation else { return }
        if state(of: id.client)?.isAlive == true { breakConnection(id) } else { hangUp(id) }
    }

    func connect(_ id: ConnectionID, _ generation: Int) {
        guard let connection = connections[id], !connection.isUp, connection.generation == generation else {
            return
        }
        // What broke while its client was leaving ends with the client; the next life dials anew.
        guard state(of: id.client)?.isAlive == true else { return hangUp(id) }
        guard state(of: id.server)?.isAlive == true else {
            return plan(.connects(id, generation: generation), after: random.duration(50_000...300_000))
        }
        connections[id]?.isUp = true
        repeatRecent(id)
        let local = localTime(id.client)
        if coordinatorNames.contains(id.server), id.client != Self.standbyName,
            id.server != home(of: id.client)
        {
            return
        }
        if id.client == Self.standbyName {
            standby?.duty.firstConnected(at: local)
            settleStandby()
        } else if edges[id.client] != nil {
            edges[id.client]?.role.coordinatorConnected(at: local)
            settleEdge(id.client)
        } else if coordinatorNames.contains(id.server) {
            workers[id.client]?.role.coordinatorConnected(at: local)
            settleWorker(id.client)
        } else {
            workers[id.client]?.role.edgeConnected(id.server, at: local)
            settleWorker(id.client)
        }
    }

    /// Frames that went through before the connection broke come again now and then, before any other.
    private func repeatRecent(_ id: ConnectionID) {
        guard let connection = connections[id], random.once(in: 3) else { return }
        for direction in Connection.Direction.allCases {
            for envelope in connection.recent[direction.rawValue] {
                send(envelope, id, direction)
            }
        }
    }

    /// The connection breaks; what is under way is lost, the client is told, and it dials again.
    func breakConnection(_ id: ConnectionID) {
        guard var connection = connections[id] else { return }
        connection.isUp = false
        connection.generation += 1
        connections[id] = connection
        plan(.connects(id, generation: connection.generation), after: random.duration(50_000...600_000))
        guard state(of: id.client)?.isAlive == true else { return }
        if id.client == Self.standbyName {
            let local = localTime(id.client)
            standby?.duty.firstDisconnected(at: local)
        } else if coordinatorNames.contains(id.server), id.server != home(of: id.client) {
            return
        } else if edges[id.client] != nil {
            edges[id.client]?.role.coordinatorDisconnected()
        } else if coordinatorNames.contains(id.server) {
            workers[id.client]?.role.coordinatorDisconnected()
        } else {
            workers[id.client]?.role.edgeDisconnected(id.server)
        }
    }
}
