/// A role with its sockets, as whoever runs the loop sees it.
public protocol RoleHost: AnyObject {
    /// Takes nothing on any more, and calls back when what was taken has ended.
    func drain(_ whenIdle: @escaping () -> Void)
    /// Says goodbye and lets everything go.
    func close()
}
