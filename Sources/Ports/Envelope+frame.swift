internal import Contract
internal import Wire

extension Envelope {
    /// What goes over the link: its frame, or a heartbeat of its number where it does not fit into one.
    ///
    /// A message that cannot be written has taken a number of its link all the same. Without any frame of
    /// that number the other side would see a gap, and everybody on the link would lose their session.
    func frame() -> (bytes: [UInt8]?, obstacle: FrameError?) {
        do throws(FrameError) {
            return (try FrameCodec.encode(self), nil)
        } catch {
            let heartbeat = Envelope(header: header, message: .heartbeat(Heartbeat()))
            return (try? FrameCodec.encode(heartbeat), error)
        }
    }
}
