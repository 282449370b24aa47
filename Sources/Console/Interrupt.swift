internal import Glibc
internal import Synchronization

/// Ctrl-C, which ends what is under way and leaves the rest to the program.
public enum Interrupt {
    private static let isRaised = Atomic<Bool>(false)

    /// Takes SIGINT from now on.
    ///
    /// System calls return at once when it comes (no SA_RESTART, sigaction(2)).
    public static func install() {
        // The handler must find the flag made: making it takes a lock, which a signal handler may not.
        clear()
        var action = sigaction()
        action.__sigaction_handler.sa_handler = raiseInterrupt
        sigaction(SIGINT, &action, nil)
    }

    public static var wasRaised: Bool { isRaised.load(ordering: .relaxed) }
    public static func clear() { isRaised.store(false, ordering: .relaxed) }
    fileprivate static func note() { isRaised.store(true, ordering: .relaxed) }
}

private func raiseInterrupt(_ signal: Int32) { Interrupt.note() }
