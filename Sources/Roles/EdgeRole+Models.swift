public import Contract

extension EdgeRole {
    /// What the coordinator says can be asked for.
    ///
    /// One that has just begun knows a model only when a worker with it has said hello. What its predecessor
    /// told is kept until then, as it was: requests for it wait, and are not refused.
    mutating func learn(_ told: [ModelCard], at now: Instant) {
        toldModels = told
        guard now < modelsKeptUntil else { return show(told) }
        let names = Set(told.map(\.name))
        show((told + models.filter { !names.contains($0.name) }).sorted { $0.name < $1.name })
    }

    /// Lets go of what nobody has told of in time.
    mutating func forgetModels(at now: Instant) {
        guard now >= modelsKeptUntil, toldModels != models, coordinator.isOpen else { return }
        show(toldModels)
    }

    /// With what the job waits for, while its model is being loaded.
    func explained(_ position: QueuePosition) -> QueuePosition {
        guard let name = jobs[position.job]?.job.model, let card = models.first(where: { $0.name == name }),
            card.state == .loading
        else { return position }
        var position = position
        position.loading = ModelLoading(model: name, percent: card.percent ?? 0)
        return position
    }

    /// Passes an operator's command on; false where there is no coordinator to hear it.
    public mutating func manage(_ request: ManageRequest, at now: Instant) -> Bool {
        guard coordinator.isOpen else { return false }
        sendToCoordinator(.manage(request), at: now)
        return true
    }

    private mutating func show(_ cards: [ModelCard]) {
        guard cards != models else { return }
        models = cards
        effects.append(.modelsChanged)
    }
}
