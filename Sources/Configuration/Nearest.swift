/// The word that was probably meant: the one with the fewest typing mistakes, if they are few enough to be
/// likely.
func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let allowed = max(1, (word.utf8.count + 1) / 3)
    let scored = candidates.map { (distance: typingDistance(word, $0), candidate: $0) }
    guard let best = scored.min(by: { $0.distance < $1.distance }), best.distance <= allowed else {
        return candidates.first { word.utf8.count >= 3 && $0.hasPrefix(word) }
    }
    return best.candidate
}

/// ` did you mean X?` behind a semicolon, or nothing.
func suggestion(for word: String, among candidates: some Sequence<String>) -> String {
    nearest(to: word, among: candidates).map { "; did you mean \($0)?" } ?? ""
}

/// Letters to insert, remove or replace.
///
/// Words on a command line are short; longer ones are never near.
private func typingDistance(_ left: String, _ right: String) -> Int {
    let left = Array(left.utf8)
    let right = Array(right.utf8)
    guard left.count <= 64 && right.count <= 64 else { return .max }
    var previous = Array(0...right.count)
    for (row, letter) in left.enumerated() {
        var current = [row + 1]
        for (column, other) in right.enumerated() {
            let replaced = previous[column] + (letter == other ? 0 : 1)
            current.append(min(replaced, previous[column + 1] + 1, current[column] + 1))
        }
        previous = current
    }
    return previous[right.count]
}
