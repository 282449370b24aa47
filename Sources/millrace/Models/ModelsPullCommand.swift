import Configuration
import Console
import Glibc
import ModelStore

/// `millrace models pull`: brings a model from a hub into the models directory.
struct ModelsPullCommand {
    /// What a shell expects of a program that ended on SIGINT: 128 and the signal's number.
    private static let interruptedExitCode: Int32 = 130

    private let options: ModelsPullOptions

    init(_ options: ModelsPullOptions) { self.options = options }

    func run() throws {
        guard let reference = ModelReference(options.reference) else {
            throw UsageError("\"\(harmless(options.reference))\" is not \(ModelReference.form)")
        }
        guard let address = HubAddress(url: options.hub, token: try token()) else {
            throw UsageError("\"\(harmless(options.hub))\" is not the address of a hub")
        }
        Interrupt.install()
        let display = PullDisplay(isQuiet: options.isQuiet)
        let pull = ModelPull(
            reference,
            from: address,
            into: options.modelsDirectory,
            isStopped: { Interrupt.wasRaised },
            report: display.take
        )
        do throws(StoreError) {
            let model = try pull.run()
            display.end()
            if !options.isQuiet { Millrace.say(summary(of: model), to: 1) }
        } catch {
            display.end()
            guard case .stopped = error else {
                Millrace.say("millrace: \(harmless(error.description))\(advice(after: error))", to: 2)
                throw ExitStatus(code: 1)
            }
            Millrace.say("stopped; the same command goes on from here", to: 2)
            throw ExitStatus(code: Self.interruptedExitCode)
        }
    }

    private func summary(of model: PulledModel) -> String {
        let deed = model.isUnchanged ? "was here already" : "is here"
        let size = "\(model.fileCount) files, \(byteText(model.byteCount))"
        return "\(model.name) \(deed): \(size), in \(model.path)\n"
            + "Serve it with: millrace serve --model \(model.name)"
    }

    private func advice(after error: StoreError) -> String {
        switch error {
        case .broken, .noSpace, .system: "\nwhat has come is kept; the same command goes on from here"
        default: ""
        }
    }

    /// The first of the variables that is set.
    private func token() throws -> HubToken? {
        for name in ["MILLRACE_HUB_TOKEN", "HF_TOKEN"] {
            guard let text = getenv(name).map({ String(cString: $0) }), !text.isEmpty else { continue }
            guard let token = HubToken(text) else {
                throw UsageError("\(name) holds something that is no token")
            }
            return token
        }
        return nil
    }
}

/// Shows a pull: a line that is written over on a terminal, lines one below the other elsewhere.
private final class PullDisplay {
    private static let redrawSeconds = 0.1
    /// Between two lines about one file where nothing can be written over.
    private static let plainSeconds = 10.0

    private let isQuiet: Bool
    private let isTerminal = isatty(2) == 1
    private let start = ContinuousClock.now
    private var progress = PullProgress()
    private var shownAt = 0.0

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    func take(_ event: PullEvent) {
        guard !isQuiet else { return }
        let now = ContinuousClock.now - start
        progress.take(event, at: now)
        switch event {
        case .waiting: say("another process pulls this model; waiting for it")
        case .planned(let count, let bytes, let present):
            let rest = present > 0 ? ", \(byteText(present)) of them here already" : ""
            say("\(count) files, \(byteText(bytes))\(rest)")
        case .began(let path, let bytes, let present):
            let rest = present > 0 ? ", going on after \(byteText(present))" : ""
            if !isTerminal { say("\(path) (\(byteText(bytes))\(rest))") }
        case .pausing(let length, let reason):
            say("\(reason); trying again in \((length / .seconds(1) * 10).rounded() / 10) s")
        case .received: show(now / .seconds(1))
        case .finished: break
        }
    }

    func end() { clear() }

    private func show(_ now: Double) {
        guard now - shownAt >= (isTerminal ? Self.redrawSeconds : Self.plainSeconds) else { return }
        shownAt = now
        guard isTerminal else { return say(progress.line(width: 100)) }
        write("\r" + harmless(progress.line(width: columnCount - 1)) + "\u{1B}[K")
    }

    private func say(_ text: String) {
        clear()
        write(harmless(text) + "\n")
    }

    // CSI K clears to the end of the line (ECMA-48 8.3.41).
    private func clear() { if isTerminal { write("\r\u{1B}[K") } }

    private var columnCount: Int {
        var size = winsize()
        return ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
    }
}
