internal import CLinux
internal import Glibc
internal import Synchronization

/// The threads that compute a step together with the caller's.
///
/// They all run the same body. The caller waits for nobody to begin: a thread that wakes late joins where the
/// others are. Threads are not tied to CPUs, so that the system can move one away from a CPU that another
/// program keeps busy.
final class StepThreads {
    /// Some microseconds: longer than a wait for a thread that runs.
    ///
    /// With more threads than CPUs spinning would only keep the CPU from the thread that is waited for.
    private static let spins = 400

    private let team: Team
    private let ownPart: StepPart
    private var threads: [pthread_t] = []

    /// Starts a thread; returns what `pthread_create` does.
    typealias Create = (UnsafeMutablePointer<pthread_t>, UnsafeMutableRawPointer) -> Int32

    /// `body` is called for each of `count` parts, at the same time on as many threads.
    init(
        count: Int,
        create: Create = startStepThread,
        body: @escaping @Sendable (_ part: StepPart) -> Void
    ) throws(TransformerError) {
        try TransformerLimits.check("threads", count, TransformerLimits.threads)
        let spins = count <= sysconf(Int32(_SC_NPROCESSORS_ONLN)) ? Self.spins : 0
        team = Team(count: count, spins: spins, body: body)
        ownPart = StepPart(index: 0, count: count, board: team.board)
        for index in 1..<max(count, 1) {
            let member = Unmanaged.passRetained(Member(team: team, index: index))
            var handle = pthread_t()
            let code = create(&handle, member.toOpaque())
            guard code == 0 else {
                member.release()
                throw .system(call: "pthread_create", code: code)
            }
            threads.append(handle)
        }
    }

    deinit {
        team.stop()
        for thread in threads { pthread_join(thread, nil) }
    }

    /// Runs the body once; returns when all of it is done and every other thread has left it.
    ///
    /// One caller at a time.
    func run() {
        team.open()
        ownPart.begin()
        team.body(ownPart)
        team.close()
    }
}

/// What the threads share.
private final class Team: Sendable {
    /// Beside the number of threads inside.
    private static let isClosed: UInt32 = 1 << 31

    let count: Int
    let board: StepBoard
    let body: @Sendable (StepPart) -> Void
    /// Steps that were opened.
    private let steps: StepSignal
    /// Threads inside the step, without the caller's.
    private let inside: StepSignal
    private let isStopping = Atomic(false)

    init(count: Int, spins: Int, body: @escaping @Sendable (StepPart) -> Void) {
        self.count = count
        self.body = body
        board = StepBoard(shareCount: count, spins: spins)
        steps = StepSignal(0, spins: spins)
        inside = StepSignal(Self.isClosed, spins: spins)
    }

    func open() {
        guard count > 1 else { return }
        board.clear()
        inside.set(0)
        steps.set(steps.value &+ 1)
    }

    /// Lets no more threads in, and waits until all are out.
    func close() {
        guard count > 1 else { return }
        change { $0 | Self.isClosed }
        inside.wait { $0 == Self.isClosed }
    }

    func stop() {
        isStopping.store(true, ordering: .relaxed)
        steps.set(steps.value &+ 1)
    }

    /// Waits for a step other than `last` and goes in; nil when there will be none.
    ///
    /// Returns the step. One that has been closed meanwhile is left out.
    func enter(after last: UInt32) -> UInt32? {
        var last = last
        while true {
            steps.wait { $0 != last }
            if isStopping.load(ordering: .relaxed) { return nil }
            last = steps.value
            if change({ $0 & Self.isClosed == 0 ? $0 + 1 : nil }) { return steps.value }
        }
    }

    func leave() {
        change { $0 - 1 }
        if inside.value == Self.isClosed { inside.wakeSleepers() }
    }

    /// Whether there was anything to change.
    @discardableResult
    private func change(_ next: (UInt32) -> UInt32?) -> Bool {
        var seen = inside.value
        while let wanted = next(seen) {
            let found = inside.replace(seen, with: wanted)
            if found == seen { return true }
            seen = found
        }
        return false
    }
}

private final class Member: Sendable {
    let team: Team
    let index: Int

    init(team: Team, index: Int) {
        self.team = team
        self.index = index
    }
}

/// What a thread of a step is started with, unless a test has it fail.
func startStepThread(_ handle: UnsafeMutablePointer<pthread_t>, _ member: UnsafeMutableRawPointer) -> Int32 {
    pthread_create(handle, nil, runMember, member)
}

/// A free function, because a closure given to C from an isolated context would be checked for that
/// isolation.
private func runMember(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let member = Unmanaged<Member>.fromOpaque(argument).takeRetainedValue()
    linux_name_thread("step \(member.index)")
    let team = member.team
    let part = StepPart(index: member.index, count: team.count, board: team.board)
    var step: UInt32 = 0
    while let next = team.enter(after: step) {
        step = next
        part.begin()
        team.body(part)
        team.leave()
    }
    return nil
}
