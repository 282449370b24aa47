internal import Contract
public import EventLoop

extension EventLoop {
    /// Turns for a moment, whatever comes, so that goodbyes leave before the sockets close.
    ///
    /// Nobody is hurt by one that is lost: its peer finds out a little later.
    public func sayGoodbye() {
        let end = now + .milliseconds(50)
        while now < end { turn(wait: .milliseconds(10)) }
    }
}
