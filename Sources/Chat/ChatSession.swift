public import Configuration
internal import Console

/// `millrace chat`: a conversation with a running server, in a terminal or line by line from a pipe.
public struct ChatSession {
    private static let help = """
        Type a question and press Enter. Ctrl-C stops an answer, Ctrl-D quits.
          /reset         forget the conversation
          /system TEXT   set the system prompt and forget the conversation; without TEXT drop it
          /quit          leave
          /help          show this
        """

    /// What a shell expects of a program that ended on SIGINT: 128 and the signal's number.
    private static let interruptedExitCode: Int32 = 130

    private let options: ChatOptions
    private let server: ChatServer
    private var model = ""
    private var conversation: Conversation
    private var terminal = Terminal()
    private var exitCode: Int32 = 0

    private init(_ options: ChatOptions) {
        self.options = options
        server = ChatServer(url: options.url)
        conversation = Conversation(system: options.system)
    }

    /// Talks until the user leaves; returns what the process ends with: 0, or 1 where something went
    /// unanswered.
    public static func run(_ options: ChatOptions) -> Int32 {
        Interrupt.install()
        var session = ChatSession(options)
        return session.run()
    }

    private mutating func run() -> Int32 {
        do {
            model = try options.model ?? server.firstModel()
        } catch {
            terminal.say("\(error)")
            return 1
        }
        if terminal.isInteractive {
            terminal.say("Talking to \(model) at \(server.url). /help lists commands.")
        }
        while true {
            switch terminal.readLine(prompt: "you> ") {
            case .end:
                if terminal.isInteractive { terminal.show("\n") }
                return exitCode
            case .interrupted:
                guard terminal.isInteractive else { return Self.interruptedExitCode }
                terminal.show("\n")
            case .line(let line):
                guard take(line.trimmed) else { return exitCode }
            }
        }
    }

    /// One line; false: leave.
    private mutating func take(_ line: Substring) -> Bool {
        let words = line.split(separator: " ", maxSplits: 1)
        switch words.first {
        case nil: return true
        case "/quit", "/exit": return false
        case "/help": terminal.say(Self.help)
        case "/reset":
            conversation.reset()
            terminal.say("The conversation is forgotten.")
        case "/system":
            conversation.reset()
            conversation.system = words.count > 1 ? String(words[1].trimmed) : nil
            terminal.say(
                conversation.system == nil ? "There is no system prompt." : "The system prompt is set."
            )
        case .some(let word) where word.hasPrefix("/"):
            terminal.say("There is no command \(word); /help lists them.")
        case .some: return ask(String(line))
        }
        return true
    }

    /// Asks and shows the answer; false: there is no point in going on.
    private mutating func ask(_ question: String) -> Bool {
        conversation.append(question: question)
        Interrupt.clear()
        let answer = Answer(terminal)
        do {
            let request = conversation.request(model: model, options)
            let ending = try server.stream(request, isStopped: { Interrupt.wasRaised }, receive: answer.take)
            terminal = answer.end(note: ending == .stopped ? "(stopped)" : nil)
            settle(answer.text)
        } catch {
            terminal = answer.end(note: "\(error)")
            settle(answer.text)
            exitCode = 1
            if case .unreachable = error { return terminal.isInteractive }
        }
        // Ctrl-C ends the answer; with nobody at the keyboard it ends the program.
        guard Interrupt.wasRaised && !terminal.isInteractive else { return true }
        exitCode = Self.interruptedExitCode
        return false
    }

    /// Keeps what was shown as what was said, so that the next question can refer to it.
    private mutating func settle(_ answer: String) {
        if answer.isEmpty { conversation.dropQuestion() } else { conversation.append(answer: answer) }
    }
}

/// An answer while it arrives; a class because the transfer's callback writes to it.
private final class Answer {
    private(set) var text = ""
    private var terminal: Terminal
    private var wasCut = false

    init(_ terminal: Terminal) { self.terminal = terminal }

    func take(_ event: ChatServer.Event) {
        switch event {
        case .text(let piece):
            text += piece
            terminal.show(piece)
        case .status(let status): terminal.showStatus(status)
        case .finished(let reason): wasCut = reason == "length"
        }
    }

    /// Ends the answer's line and hands the terminal back.
    func end(note: String?) -> Terminal {
        if !text.isEmpty && !text.hasSuffix("\n") { terminal.show("\n") }
        if let note = note ?? (wasCut ? "(cut at the token limit)" : nil) { terminal.say(note) }
        terminal.clearStatus()
        return terminal
    }
}

extension StringProtocol {
    fileprivate var trimmed: Substring {
        let front = self[...].drop(while: \.isWhitespace)
        return Substring(front.reversed().drop(while: \.isWhitespace).reversed())
    }
}
