internal import Console
internal import Glibc

/// Where questions come from and answers go: a terminal, or files and pipes.
///
/// Answers go to standard output; what is said about them goes to standard error. Control characters that a
/// model or a server sends are not passed on, so that no answer can steer the terminal.
struct Terminal {
    /// What was typed.
    enum Input: Hashable {
        case line(String)
        case interrupted
        case end
    }

    /// The longest question, in bytes.
    static let maximumLineBytes = 1 << 20

    /// Whether a person types the questions.
    let isInteractive = isatty(0) == 1
    private let showsStatus = isatty(2) == 1
    private var pending: [UInt8] = []
    private var isStatusShown = false

    /// The next line of standard input.
    mutating func readLine(prompt: String) -> Input {
        if isInteractive { write(prompt, to: 1) }
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeSubrange(...end)
                return .line(line)
            }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = read(0, &buffer, buffer.count)
            if count < 0 && errno == EINTR {
                guard Interrupt.wasRaised else { continue }
                Interrupt.clear()
                pending = []
                return .interrupted
            }
            guard count > 0 && pending.count < Self.maximumLineBytes else {
                defer { pending = [] }
                return pending.isEmpty || count > 0 ? .end : .line(String(decoding: pending, as: UTF8.self))
            }
            pending += buffer.prefix(count)
        }
    }

    /// A piece of an answer.
    mutating func show(_ text: String) {
        clearStatus()
        write(harmless(text), to: 1)
    }

    /// A line about the conversation.
    mutating func say(_ text: String) {
        clearStatus()
        write(harmless(text) + "\n", to: 2)
    }

    /// A passing remark, replaced by whatever is written next; only a terminal shows it.
    mutating func showStatus(_ text: String) {
        guard showsStatus else { return }
        // Carriage return, clear to the end of the line, dim.
        write("\r\u{1B}[K\u{1B}[2m\(harmless(text).prefix(70))\u{1B}[0m", to: 2)
        isStatusShown = true
    }

    mutating func clearStatus() {
        guard isStatusShown else { return }
        write("\r\u{1B}[K", to: 2)
        isStatusShown = false
    }

    private func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
