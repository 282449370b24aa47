/// A constraint as instructions for a machine that reads bytes: several threads, each with a stack.
///
/// Every thread that can be reached can go on to accept some text, so whatever the machine allows can be
/// finished.
struct Program: Sendable {
    enum Instruction: Sendable, Hashable {
        /// Reads one byte.
        case byte(UInt8)
        /// Reads a text through an automaton.
        case text(Int)
        /// Goes on at each of `targets[range]`.
        case split(Range<Int>)
        case jump(Int)
        /// Runs a rule and comes back; the rule needs `height` more frames at least.
        case call(Int, height: Int)
        case comeBack
        /// Starts counting: at least `least`, at most `most`; -1 for no end.
        case count(least: Int, most: Int)
        /// One more, where there is room for it.
        case countOne
        /// Only where there is room for one more.
        case hasRoom
        /// Only where enough were counted; ends the counting.
        case endCount
        /// Starts on the members of an object, see `Members`.
        case open(Int)
        /// The member of a slot, where it was not there yet.
        case member(Int, slot: Int)
        /// A member of another name.
        case otherMember(Int)
        /// Only where another member may come.
        case another(Int)
        /// Only where enough members were there, and all that are required.
        case close(Int)
    }

    /// A text in a program.
    struct Text: Sendable, Hashable {
        enum Form: Sendable {
            /// As it is.
            case raw
            /// The inside of a JSON string and its closing quote.
            case quoted
            /// The same with single quotes, as Python has them.
            case singleQuoted
            /// Bytes that need not be characters, each a character of its own to the automaton.
            case loose

            var isQuoted: Bool { self == .quoted || self == .singleQuoted }
        }

        var automaton: Int
        var form: Form
        var least = 0
        /// -1: no end.
        var most = -1
        /// Whether it is a name that its object must not have yet.
        var isName = false
    }

    /// What the members of an object must be.
    ///
    /// Which of them were there is kept in the bits of as many frames as they need.
    struct Members: Sendable, Hashable {
        var slotCount: Int
        var hasOthers: Bool
        var least = 0
        /// -1: no end.
        var most = -1
        /// 64 slots to a word.
        var required: [UInt64] = []
    }

    var instructions: [Instruction] = []
    var targets: [Int] = []
    var texts: [Text] = []
    var members: [Members] = []
    var automata: [CharacterAutomaton] = []
    /// By automaton of names: how many of them lead from each of its states to an end; nil where always many.
    var nameCounts: [Int: [Int32]] = [:]
}
