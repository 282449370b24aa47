/// A program as a deterministic automaton over bytes, made state by state as texts lead there.
///
/// - From every state some text is accepted.
/// - A state is a number, and equal states have equal numbers until `keep`.
/// - Reading a byte that was read in this state before costs one look into a table.
public struct ByteAutomaton {
    /// One of the ways in which the text so far can be understood.
    struct Thread: Hashable {
        var place: Int32
        var stack: Int32
        var reader = TextReader()
    }

    private struct State: Hashable {
        var threads: [Thread]
        var accepts: Bool
        /// Of texts that may come, and not of one that has come.
        var isTried: Bool
    }

    /// The state of a text that cannot become an accepted one.
    public static let dead: Int32 = -1
    private static let unknown: Int32 = -2

    private let program: Program
    private let isGenerating: Bool
    private var stacks = ThreadStacks()
    private var states: [State] = []
    private var numbers: [State: Int32] = [:]
    private var threadCount = 0
    /// By state and byte.
    private var next: [Int32] = []
    // Kept from step to step for their memory.
    private var found: [Thread] = []
    private var seen: Set<Thread> = []
    private var waiting: [Thread] = []
    private var isFollowing = false
    private var accepts = false
    private var isTrying = false

    /// Instructions that were run so far.
    private(set) var stepCount = 0
    /// The state of the empty text.
    public private(set) var start: Int32 = 0

    /// `isGenerating`: characters are not escaped without need.
    init(_ program: Program, isGenerating: Bool) {
        self.program = program
        self.isGenerating = isGenerating
        makeStart()
    }

    var stateCount: Int { states.count }
    /// Whether so much is remembered that `keep` is due.
    var isFull: Bool {
        states.count > ConstraintLimits.states || threadCount > ConstraintLimits.stateThreads
            || stacks.count > ConstraintLimits.frames
    }

    /// Forgets all states but the start and some more; returns their new numbers.
    mutating func keep(_ kept: [Int32]) -> [Int32] {
        let old = kept.map { $0 >= 0 ? states[Int($0)] : nil }
        let oldStacks = stacks
        stacks = ThreadStacks()
        states.removeAll(keepingCapacity: true)
        threadCount = 0
        numbers.removeAll(keepingCapacity: true)
        next.removeAll(keepingCapacity: true)
        makeStart()
        return old.map { state in
            guard let state else { return Self.dead }
            begin()
            accepts = state.accepts
            isTrying = state.isTried
            for var thread in state.threads {
                thread.stack = stacks.copy(thread.stack, of: oldStacks)
                thread.reader.name = stacks.copy(thread.reader.name, of: oldStacks)
                found.append(thread)
            }
            return finish()
        }
    }

    private mutating func makeStart() {
        begin()
        isTrying = false
        follow(Thread(place: 0, stack: ThreadStacks.empty))
        start = finish()
    }

    /// Whether a text may end in a state.
    public func accepts(_ state: Int32) -> Bool { state >= 0 && states[Int(state)].accepts }

    /// Whether nothing may come in a state but the end.
    public func isComplete(_ state: Int32) -> Bool {
        state >= 0 && states[Int(state)].threads.isEmpty
    }

    /// The state behind one more byte.
    public mutating func step(_ state: Int32, _ byte: UInt8) -> Int32 {
        guard state >= 0 else { return Self.dead }
        let place = Int(state) << 8 | Int(byte)
        let known = next[place]
        if known != Self.unknown { return known }
        begin()
        isTrying = states[Int(state)].isTried
        for index in states[Int(state)].threads.indices {
            advance(states[Int(state)].threads[index], byte)
        }
        let reached = found.isEmpty && !accepts ? Self.dead : finish()
        next[place] = reached
        return reached
    }

    public mutating func step(_ state: Int32, _ bytes: some Sequence<UInt8>) -> Int32 {
        var state = state
        for byte in bytes {
            state = step(state, byte)
            if state == Self.dead { return Self.dead }
        }
        return state
    }

    /// A state that allows the same texts of up to `byteCount` bytes, and the same for many states: what is
    /// counted is cut down to what so many bytes can reach, and of the states of an automaton that so many
    /// bytes cannot tell apart, by `horizons`, it is the first.
    mutating func narrowed(_ state: Int32, toByteCount byteCount: Int, _ horizons: [[Int32]?]) -> Int32 {
        guard state >= 0 else { return state }
        let limit = Int32(clamping: byteCount + 1)
        begin()
        isTrying = true
        accepts = states[Int(state)].accepts
        for var thread in states[Int(state)].threads {
            let isReadingName = thread.reader.name != .untold
            (thread.stack, thread.reader.name) = stacks.clamped(
                thread.stack,
                to: limit,
                reading: thread.reader.name
            )
            (thread.reader.least, thread.reader.most) = ThreadStacks.clamped(
                thread.reader.least,
                thread.reader.most,
                to: limit
            )
            if !isReadingName, case .text(let index) = program.instructions[Int(thread.place)],
                let horizon = horizons[program.texts[index].automaton]
            {
                thread.reader.state = horizon[Int(thread.reader.state)]
            }
            if seen.insert(thread).inserted { found.append(thread) }
        }
        return finish()
    }

    /// A state cut into parts that say together which texts without a quote it allows: one for each thread
    /// within a JSON string, as if nothing could come behind it, and one for all other threads.
    mutating func parts(of state: Int32) -> (insides: [Int32], outside: Int32?) {
        let threads = states[Int(state)].threads
        isTrying = states[Int(state)].isTried
        var insides: [Int32] = []
        for var thread in threads where isQuoted(thread) {
            thread.stack = ThreadStacks.nowhere
            thread.reader.name = .untold
            begin()
            found.append(thread)
            insides.append(finish())
        }
        begin()
        found += threads.filter { !isQuoted($0) }
        return (insides, found.isEmpty ? nil : finish())
    }

    /// Of a name, only where it can always go on to one that is not there yet.
    private func isQuoted(_ thread: Thread) -> Bool {
        guard case .text(let index) = program.instructions[Int(thread.place)] else { return false }
        let text = program.texts[index]
        return text.form.isQuoted && (!text.isName || program.nameCounts[text.automaton] == nil)
    }

    // MARK: Threads

    private mutating func begin() {
        found.removeAll(keepingCapacity: true)
        seen.removeAll(keepingCapacity: true)
        waiting.removeAll(keepingCapacity: true)
        accepts = false
    }

    /// The number of the state that was found.
    private mutating func finish() -> Int32 {
        let state = State(threads: found, accepts: accepts, isTried: isTrying)
        if let number = numbers[state] { return number }
        let number = Int32(states.count)
        states.append(state)
        threadCount += found.count
        numbers[state] = number
        next.append(contentsOf: repeatElement(Self.unknown, count: 256))
        return number
    }

    private mutating func advance(_ thread: Thread, _ byte: UInt8) {
        switch program.instructions[Int(thread.place)] {
        case .byte(let wanted):
            if byte == wanted { follow(Thread(place: thread.place + 1, stack: thread.stack)) }
        case .text(let index):
            let text = program.texts[index]
            var thread = thread
            switch thread.reader.read(byte, text.form, program.automata[text.automaton]) {
            case .inside: if readName(&thread, text) { keep(thread, text) }
            case .closed: if thread.stack != ThreadStacks.nowhere { leave(thread) }
            case .refused: break
            }
        default: break
        }
    }

    /// Keeps a thread that is within a text, and follows what comes behind it where the text may end.
    private mutating func keep(_ thread: Thread, _ text: Program.Text) {
        guard seen.insert(thread).inserted else { return }
        let automaton = program.automata[text.automaton]
        if text.form.isQuoted || thread.reader.canGoOn(automaton) {
            if found.count < ConstraintLimits.threads { found.append(thread) }
        }
        if !text.form.isQuoted, thread.reader.canEnd(automaton) { leave(thread) }
    }

    /// Goes on behind a text.
    private mutating func leave(_ thread: Thread) {
        guard let stack = stacks.add(thread.reader.name, on: thread.stack) else { return }
        follow(Thread(place: thread.place + 1, stack: stack))
    }

    /// Takes down what was read of a name; false where all names that begin so are there already.
    private mutating func readName(_ thread: inout Thread, _ text: Program.Text) -> Bool {
        guard let scalar = thread.reader.takeNameScalar() else { return true }
        (thread.reader.name, thread.stack) = stacks.read(
            scalar,
            behind: thread.reader.name,
            on: thread.stack
        )
        guard let counts = program.nameCounts[text.automaton] else { return true }
        let count = counts[Int(thread.reader.state)]
        guard count < CharacterAutomaton.countLimit else { return true }
        let automaton = program.automata[text.automaton]
        let rests = stacks.rests(behind: thread.reader.name, on: thread.stack)
        return rests.count { automaton.accepts($0, from: thread.reader.state) } < Int(count)
    }

    /// Runs a thread until it wants a byte.
    private mutating func follow(_ thread: Thread) {
        waiting.append(thread)
        // Where a text may end, what is behind it waits until those before it have been followed.
        guard !isFollowing else { return }
        isFollowing = true
        var stepsLeft = ConstraintLimits.stepsPerByte
        while stepsLeft > 0, let thread = waiting.popLast() {
            stepsLeft -= 1
            run(thread)
        }
        stepCount += ConstraintLimits.stepsPerByte - stepsLeft
        waiting.removeAll(keepingCapacity: true)
        isFollowing = false
    }

    private mutating func run(_ thread: Thread) {
        guard Int(thread.place) < program.instructions.count else { return }
        if case .text(let index) = program.instructions[Int(thread.place)] {
            var begun = thread
            begun.reader = TextReader(program.texts[index], isGenerating: isGenerating)
            if program.texts[index].isName { begun.reader.name = stacks.beginName(on: thread.stack) }
            return keep(begun, program.texts[index])
        }
        guard seen.insert(thread).inserted else { return }
        switch program.instructions[Int(thread.place)] {
        case .byte:
            if found.count < ConstraintLimits.threads { found.append(thread) }
        case .text: break
        case .split(let range):
            // The last target is followed first: put them so that the first one comes first.
            for target in program.targets[range].reversed() { push(thread, at: target) }
        case .jump(let place): push(thread, at: place)
        case .call(let place, let height):
            guard stacks.depth(thread.stack) + height + 1 < ConstraintLimits.stackFrames else { return }
            let frame = ThreadStacks.Frame(place: thread.place + 1, below: thread.stack)
            push(thread, at: place, stack: stacks.push(frame))
        case .comeBack:
            guard thread.stack != ThreadStacks.empty else {
                accepts = true
                return
            }
            let frame = stacks[thread.stack]
            push(thread, at: Int(frame.place), stack: frame.below)
        case .count(let least, let most):
            let frame = ThreadStacks.Frame(
                place: -1,
                least: Int32(clamping: least),
                most: Int32(clamping: most),
                below: thread.stack
            )
            push(thread, at: Int(thread.place) + 1, stack: stacks.push(frame))
        case .countOne, .hasRoom, .endCount: runCounter(thread)
        case .open, .member, .otherMember, .another, .close: runMembers(thread)
        }
    }

    private mutating func runCounter(_ thread: Thread) {
        guard thread.stack != ThreadStacks.empty else { return }
        var frame = stacks[thread.stack]
        switch program.instructions[Int(thread.place)] {
        case .countOne:
            guard frame.most != 0 else { return }
            frame.least = max(0, frame.least - 1)
            if frame.most > 0 { frame.most -= 1 }
            push(thread, at: Int(thread.place) + 1, stack: stacks.push(frame))
        case .hasRoom:
            if frame.most != 0 { push(thread, at: Int(thread.place) + 1) }
        case .endCount:
            if frame.least == 0 { push(thread, at: Int(thread.place) + 1, stack: frame.below) }
        default: break
        }
    }

    private mutating func runMembers(_ thread: Thread) {
        let stack: Int32?
        switch program.instructions[Int(thread.place)] {
        case .open(let plan):
            stack = stacks.open(program.members[plan], on: thread.stack, isTried: isTrying)
        case .member(let plan, let slot):
            stack = stacks.take(slot, of: program.members[plan], on: thread.stack)
        case .otherMember(let plan): stack = stacks.take(nil, of: program.members[plan], on: thread.stack)
        case .another(let plan):
            stack = stacks.canTake(program.members[plan], on: thread.stack) ? thread.stack : nil
        case .close(let plan): stack = stacks.close(program.members[plan], on: thread.stack)
        default: stack = nil
        }
        if let stack { push(thread, at: Int(thread.place) + 1, stack: stack) }
    }

    private mutating func push(_ thread: Thread, at place: Int, stack: Int32? = nil) {
        waiting.append(Thread(place: Int32(truncatingIfNeeded: place), stack: stack ?? thread.stack))
    }
}
