import Glibc

/// How far a long measurement is, on one line of a terminal that is written over; silent anywhere else.
final class ProgressLine {
    private let stepCount: Int
    private var taken = 0
    private let isShown = isatty(2) == 1

    init(stepCount: Int) { self.stepCount = stepCount }

    func step(_ name: String) {
        taken += 1
        show("[\(taken)/\(stepCount)] \(name)")
    }

    func clear() { show("") }

    private func show(_ text: String) {
        guard isShown else { return }
        // CSI K clears to the end of the line (ECMA-48 8.3.41).
        let line = Array("\r\(text)\u{1B}[K".utf8)
        _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    }
}
