internal import Contract
internal import Engine
internal import EventLoop
internal import Synchronization
internal import Transformer

/// A thread that computes one model.
protocol ModelThread: Sendable {
    func submit(_ work: ModelWork)
    func cancel(_ job: JobID, _ attempt: Attempt)
    /// Ends the thread after what is under way.
    func stop()
    /// How long a step has been under way; nil while there is nothing to do.
    func stepTime(at now: Instant) -> Duration?
}

/// What a model is given to compute.
enum ModelWork: Sendable {
    case generation(GenerationRequest)
    case text(EncoderRequest)
}

/// A text whose vector or score is wanted.
struct EncoderRequest: Sendable {
    var submission: Submission
    var input: TextInput
}

extension EngineThread: ModelThread {
    func submit(_ work: ModelWork) {
        // The preparer lets nothing else through for a model that writes.
        if case .generation(let request) = work { submit(request) }
    }
}

/// Whether a model could be made, told once from its thread to the one that waits.
final class MakingOutcome: Sendable {
    private let error = Mutex<(any Error)?>(nil)
    private let ready: Doorbell

    init() throws { ready = try Doorbell() }

    func tell(_ error: (any Error)?) {
        self.error.withLock { $0 = error }
        ready.ring()
    }

    func wait() -> (any Error)? {
        ready.wait()
        return error.withLock { $0 }
    }
}
