internal import CLinux
internal import Glibc
internal import Synchronization

/// The threads that compute a step together with the caller's.
///
/// They all run the same body, each with its own part number, and meet at `barrier` as often as the body
/// says. What a part computes never depends on how many parts there are; only who computes it does.
final class StepThreads {
    /// How long to spin before sleeping: longer than any wait within a step, far shorter than a time slice.
    ///
    /// With more threads than CPUs spinning would only keep the CPU from the thread that is waited for.
    private static let spins = 4000

    let count: Int
    private let team: Team
    private var threads: [pthread_t] = []

    /// `body` is called with part numbers 0..<count, at the same time on as many threads.
    init(
        count: Int,
        pinned: Bool,
        body: @escaping @Sendable (_ part: Int, _ barrier: StepBarrier) -> Void
    )
        throws(TransformerError)
    {
        try TransformerLimits.check("threads", count, TransformerLimits.threads)
        self.count = count
        let spins = count <= sysconf(Int32(_SC_NPROCESSORS_ONLN)) ? Self.spins : 0
        team = Team(barrier: StepBarrier(count: count, spins: spins), body: body)
        for part in 1..<max(count, 1) {
            let member = Unmanaged.passRetained(Member(team: team, part: part, pinned: pinned))
            var handle = pthread_t()
            let code = pthread_create(&handle, nil, runMember, member.toOpaque())
            guard code == 0 else {
                member.release()
                throw .system(call: "pthread_create", code: code)
            }
            threads.append(handle)
        }
    }

    deinit {
        team.stopping.store(true, ordering: .relaxed)
        team.barrier.excuse(count - 1 - threads.count)
        team.barrier.wait()
        for thread in threads { pthread_join(thread, nil) }
    }

    /// Runs the body once on all threads; returns when all are done.
    ///
    /// One caller at a time.
    func run() {
        team.barrier.wait()
        team.body(0, team.barrier)
        team.barrier.wait()
    }
}

/// What the threads share.
private final class Team: Sendable {
    let barrier: StepBarrier
    let body: @Sendable (Int, StepBarrier) -> Void
    let stopping = Atomic(false)

    init(barrier: StepBarrier, body: @escaping @Sendable (Int, StepBarrier) -> Void) {
        self.barrier = barrier
        self.body = body
    }
}

private final class Member: Sendable {
    let team: Team
    let part: Int
    let pinned: Bool

    init(team: Team, part: Int, pinned: Bool) {
        self.team = team
        self.part = part
        self.pinned = pinned
    }
}

/// A free function, because a closure given to C from an isolated context would be checked for that
/// isolation.
private func runMember(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let member = Unmanaged<Member>.fromOpaque(argument).takeRetainedValue()
    linux_name_thread("step \(member.part)")
    // A CPU that this process may not use is no reason not to compute.
    if member.pinned { _ = linux_pin_to_cpu(UInt32(member.part)) }
    let team = member.team
    while true {
        team.barrier.wait()
        if team.stopping.load(ordering: .relaxed) { return nil }
        team.body(member.part, team.barrier)
        team.barrier.wait()
    }
}
