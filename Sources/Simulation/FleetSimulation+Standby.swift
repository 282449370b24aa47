internal import Contract
internal import Roles

/// The coordinator that stands by.
extension FleetSimulation {
    static let standbyName = NodeID("standby")

    /// Those that can be asked, in the order of everybody's list.
    var coordinatorNames: [NodeID] {
        standby == nil ? [Self.coordinatorName] : [Self.coordinatorName, Self.standbyName]
    }

    /// The coordinator that an edge or a worker speaks with.
    func home(of node: NodeID) -> NodeID { coordinatorNames[homes[node] ?? 0] }

    func dialCoordinators(_ node: NodeID) {
        homes[node] = 0
        for name in coordinatorNames { dial(ConnectionID(client: node, server: name)) }
    }

    func settleStandby() {
        let local = localTime(Self.standbyName)
        for effect in standby?.duty.takeEffects() ?? [] {
            switch effect {
            case .sendToFirst(let envelope):
                send(
                    envelope,
                    ConnectionID(client: Self.standbyName, server: Self.coordinatorName),
                    .toServer
                )
            case .takeOver:
                report.takeovers += 1
                let epoch = BootEpoch(rawValue: random.next())
                standby?.role = CoordinatorRole(
                    epoch: epoch,
                    lanes: world.lanes,
                    limits: world.limits,
                    at: local
                )
            case .stepDown:
                standby?.role?.leave(at: local)
                sendOfStandby()
                standby?.role = nil
            }
        }
        sendOfStandby()
    }

    private func sendOfStandby() {
        for case .send(let node, let envelope) in standby?.role?.takeEffects() ?? [] {
            send(envelope, ConnectionID(client: node, server: Self.standbyName), .toClient)
        }
        for words in standby?.role?.audit() ?? [] { violate("\(Self.standbyName): \(words)") }
    }

    func deliverToStandby(
        _ id: ConnectionID,
        _ direction: Connection.Direction,
        _ envelope: Envelope,
        at local: Instant
    ) {
        if direction == .toClient {
            standby?.duty.receiveFromFirst(envelope, at: local)
            return settleStandby()
        }
        if case .hello = envelope.message, standby?.duty.asked(at: local) == true { settleStandby() }
        standby?.role?.receive(id.client, envelope, at: local)
        settleStandby()
    }

    /// SIGTERM to a coordinator: everybody is told.
    func leaveAsCoordinator(_ node: NodeID, at local: Instant) {
        if node == Self.coordinatorName {
            coordinator.role.leave(at: local)
            settleCoordinator()
        } else {
            standby?.role?.leave(at: local)
            settleStandby()
            standby?.role = nil
        }
    }

    /// What only happens where processes come and go on purpose.
    func injectContinuation() {
        switch random.next() % 9 {
        case 0: leave(Self.coordinatorName)
        case 1: if random.once(in: 2) { crash(Self.standbyName) } else { leave(Self.standbyName) }
        case 3, 4: cutAnyClient()
        case 5, 6: crash(anyEdge())
        case 7: drainAny()
        case 2: pause(random.once(in: 2) ? Self.coordinatorName : Self.standbyName)
        default: crash(Self.coordinatorName)
        }
    }
}
