internal import Glibc

/// Where a pull keeps what it has, apart from the models so that nobody takes a part for a whole.
///
///     ROOT/.pull/ORG/NAME/lock               held by the process that pulls this model
///     ROOT/.pull/ORG/NAME/CHOICE/plan.json   what is to come
///     ROOT/.pull/ORG/NAME/CHOICE/files/…     what has come; becomes the model's folder
///     ROOT/ORG/NAME/…                        the model
struct PullFolders {
    static let hidden = ".pull"
    static let plan = "plan.json"
    static let files = "files"

    let model: String
    let organization: String
    let area: String
    let staging: String

    var lock: String { "\(area)/lock" }
    var plan: String { "\(staging)/\(Self.plan)" }
    var files: String { "\(staging)/\(Self.files)" }

    init(root: String, _ reference: ModelReference) {
        organization = "\(root)/\(reference.organization)"
        model = "\(root)/\(reference.repository)"
        area = "\(root)/\(Self.hidden)/\(reference.repository)"
        // No choice is called "=", so it can stand for none.
        staging = area + "/" + (reference.choice?.replacing("/", with: "+") ?? "=")
    }
}

/// The right to pull one model, which one process at a time has; the system takes it back when that dies.
final class PullLock {
    private let descriptor: Int32

    /// Waits for another process, which is told to `onWait`, until `isStopped`.
    init(_ path: String, isStopped: () -> Bool, onWait: () -> Void) throws(StoreError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw .system(deed: "write", path: path, code: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) != 0 else { return }
        guard errno == EWOULDBLOCK else { throw .system(deed: "lock", path: path, code: errno) }
        onWait()
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw .system(deed: "lock", path: path, code: errno) }
            guard !isStopped() else { throw .stopped }
        }
    }

    deinit { close(descriptor) }
}
