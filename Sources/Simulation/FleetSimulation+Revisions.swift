internal import Contract
internal import Engine

/// Weights that are replaced while fleets answer, and what answers must be then.
extension FleetSimulation {
    /// An operator has put other weights where a model's files are.
    func replaceFiles(of model: String) {
        fileRevisions[model, default: 0] += 1
        trace?("\(now.microseconds) the files of \(model) are of revision \(fileRevisions[model] ?? 0)")
    }

    /// What was shown is the beginning of an undisturbed run, bit for bit, on weights that the model has had.
    func compare(_ client: ClientJob) {
        guard runs(of: client).isEmpty else { return }
        let expected = expectations(of: client.job)
        violate("job \(client.job.id) was shown \(client.ids) \"\(client.text)\", expected \(expected)")
    }

    func compareWhole(_ client: ClientJob, _ end: StreamEnd) {
        let isWhole = runs(of: client).contains { revision in
            let run = expectations(of: client.job)[revision]
            return run.ids == client.ids && run.text == client.text && run.end == end
        }
        guard !isWhole else { return }
        let expected = expectations(of: client.job)
        violate("job \(client.job.id) ends as \(end) with \(client.ids), expected \(expected)")
    }

    /// Whether a job that has begun may be given up: nobody has the weights that it can have begun with.
    func isStranded(_ index: Int) -> Bool {
        let client = clients[index]
        let begun = Set(runs(of: client))
        guard !client.ids.isEmpty, !world.models.isEmpty else { return false }
        return workers.values.allSatisfy { worker in
            !worker.state.isAlive
                || worker.memory.allSatisfy { copy, state in
                    copy.model != client.job.model || state != .resident
                        || !begun.contains(worker.revisions[copy] ?? 0)
                }
        }
    }

    /// The weights under which a client can have been shown what it was shown.
    private func runs(of client: ClientJob) -> [Int] {
        expectations(of: client.job).indices.filter { revision in
            let run = expectations(of: client.job)[revision]
            return run.ids.starts(with: client.ids) && run.text.utf8.starts(with: client.text.utf8)
        }
    }

    /// What a job would give under each of the weights that its model has had so far.
    private func expectations(of job: Job) -> [Expected] {
        let count = 1 + (fileRevisions[job.model] ?? 0)
        while expectations[job.id]?.count ?? 0 < count {
            let revision = expectations[job.id]?.count ?? 0
            expectations[job.id, default: []].append(world.undisturbed(job, under: revision))
        }
        return expectations[job.id] ?? []
    }
}

extension World {
    /// Other weights pick other tokens: here by other random numbers.
    func change(_ request: inout GenerationRequest, to revision: Int) {
        request.sampling.seed &+= UInt64(revision) &* 0x9E37_79B9_7F4A_7C15
    }
}

extension SimulatedWorker {
    /// The weights that a job runs on.
    func revision(of job: JobID) -> Int { runs[job].flatMap { revisions[$0] } ?? 0 }
}
