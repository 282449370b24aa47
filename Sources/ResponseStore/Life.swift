internal import CLinux
internal import Glibc

/// That this process is alive, told to others by a locked file beside the store.
///
/// The system takes the lock back when the process dies, however it dies: nobody has to wait or to guess.
final class Life: Sendable {
    /// A word in the name of the file.
    let name: String
    private let path: String?
    private let descriptor: Int32

    /// Nil for a store that nobody else sees.
    init(beside store: String?) throws(ResponseStoreError) {
        name = String(UInt64.random(in: .min ... .max), radix: 16)
        guard let store else {
            path = nil
            descriptor = -1
            return
        }
        let path = Self.path(of: name, beside: store)
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw .unreachable(path: path, reason: String(cString: strerror(linux_errno())))
        }
    }

    deinit {
        end()
        if descriptor >= 0 { close(descriptor) }
    }

    /// Says that this process has gone, for all that the store is concerned.
    func end() {
        guard let path else { return }
        unlink(path)
    }

    /// Whether the process of another life has gone; what it left is removed.
    static func isOver(_ name: String, beside store: String) -> Bool {
        let path = path(of: name, beside: store)
        let descriptor = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return linux_errno() == ENOENT }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return false }
        unlink(path)
        return true
    }

    private static func path(of name: String, beside store: String) -> String { "\(store).life-\(name)" }
}
