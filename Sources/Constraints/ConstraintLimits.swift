/// How much a constraint may take to compile and to run.
///
/// Counted in steps and states, never in time, so that every machine refuses the same constraints.
public enum ConstraintLimits {
    /// Bytes of a constraint's source.
    public static let sourceBytes = 1 << 18
    /// Code points of what an error says; a name in a constraint can be as long as that.
    static let errorCodePoints = 400
    /// Elementary steps of one compilation.
    static let steps = 4_000_000
    /// Nesting of groups in a regex or a grammar, and of schemas that refer to each other without a level of
    /// JSON between them.
    static let depth = 64
    /// States of the automaton that a regex becomes before it is made deterministic.
    static let looseStates = 60_000
    /// States, and entries of the transition table, of one character automaton.
    static let characterStates = 60_000
    static let characterTransitions = 1 << 21
    /// Ways in which one schema can be satisfied, after `anyOf` and `allOf` are multiplied out.
    static let alternatives = 256
    /// Schemas, or combinations of them, that have rules of their own.
    static let rules = 4096
    /// `patternProperties` that can apply to one key.
    static let keyPatterns = 6
    /// Named members of one object.
    static let members = 1024
    /// Names that match a pattern and become members of their own.
    static let listedNames = 64
    /// Instructions of a program.
    static let instructions = 1 << 19
    /// A repetition of something that may be empty is written out so many times at most.
    static let writtenOut = 16
    /// Frames on the stack of one thread: calls and counters.
    static let stackFrames = 384
    /// Threads of one state; what comes after them in the order of the program is left out.
    static let threads = 2048
    /// Instructions that may be run for one byte, and for one mask or one text of a stream.
    static let stepsPerByte = 1 << 13
    static let stepsPerMask = 1 << 22
    /// States that an automaton remembers between two tokens, threads of all of them, bits of all masks.
    static let states = 1 << 13
    static let stateThreads = 1 << 19
    static let maskBits = 1 << 27
    /// Frames that an automaton remembers.
    static let frames = 1 << 18
}

/// What is left of a compilation's steps.
struct StepBudget {
    private(set) var left = ConstraintLimits.steps

    mutating func spend(_ count: Int) throws(ConstraintError) {
        left -= count
        guard left >= 0 else {
            throw .tooLarge("it takes more than \(ConstraintLimits.steps) steps to compile")
        }
    }
}
