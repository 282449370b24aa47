/// What becomes of the matches when a text is split at them.
enum SplitBehavior: String, Sendable {
    case isolated = "Isolated"
    case removed = "Removed"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"

    init(_ field: Field) throws(TokenizerError) {
        let name = try field.string()
        guard let behavior = SplitBehavior(rawValue: name) else {
            throw field.failure("is \"\(name)\", which is no split behaviour")
        }
        self = behavior
    }
}

/// Joins matches and the text between them into pieces, one segment at a time.
struct SplitAssembler {
    let behavior: SplitBehavior
    /// A segment that the next one may still join.
    private var held: Range<Int>?
    private var previousWasMatch = false

    init(_ behavior: SplitBehavior) { self.behavior = behavior }

    /// Takes the next segment and calls `emit` with every piece that is complete.
    mutating func take(_ segment: Range<Int>, isMatch: Bool, _ emit: (Range<Int>) -> Void) {
        switch behavior {
        case .isolated: emitUnlessEmpty(segment, emit)
        case .removed: if !isMatch { emitUnlessEmpty(segment, emit) }
        case .mergedWithPrevious: hold(segment, joins: isMatch && !previousWasMatch, emit)
        case .mergedWithNext: hold(segment, joins: !isMatch && previousWasMatch, emit)
        case .contiguous: hold(segment, joins: isMatch == previousWasMatch, emit)
        }
        previousWasMatch = isMatch
    }

    mutating func finish(_ emit: (Range<Int>) -> Void) {
        if let held { emitUnlessEmpty(held, emit) }
        held = nil
    }

    private mutating func hold(_ segment: Range<Int>, joins: Bool, _ emit: (Range<Int>) -> Void) {
        if joins, let start = held?.lowerBound {
            held = start..<segment.upperBound
        } else {
            finish(emit)
            held = segment
        }
    }

    private func emitUnlessEmpty(_ piece: Range<Int>, _ emit: (Range<Int>) -> Void) {
        if !piece.isEmpty { emit(piece) }
    }
}
