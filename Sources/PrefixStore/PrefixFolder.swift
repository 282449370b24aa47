internal import CLinux
internal import Glibc

/// The directory of a store, which one process has at a time.
///
///     DIRECTORY/lock             held by the process that uses it; the system takes it back when that dies
///     DIRECTORY/index.sqlite     which segments there are
///     DIRECTORY/segments/ID      a segment
///     DIRECTORY/segments/ID.draft  one that is being written
struct PrefixFolder: Sendable {
    let path: String
    private let lock: FileDescriptor

    var index: String { "\(path)/index.sqlite" }
    var segments: String { "\(path)/segments" }

    func path(of id: SegmentID) -> String { "\(segments)/\(id.name)" }

    /// Makes the directory where it is not there.
    init(_ path: String) throws(PrefixStoreError) {
        self.path = path
        do throws(SegmentFault) {
            for end in path.indices.dropFirst() where path[end] == "/" { try Self.make(String(path[..<end])) }
            try Self.make(path)
            try Self.make("\(path)/segments")
            lock = try FileDescriptor(path: "\(path)/lock", O_RDWR | O_CREAT | O_NOFOLLOW, deed: "write")
        } catch {
            throw .unusable("\(error)")
        }
        guard lock.lock() else { throw .inUse(path) }
    }

    /// Leaves the directory to the next process.
    func leave() { lock.unlock() }

    private static func make(_ path: String) throws(SegmentFault) {
        guard mkdir(path, 0o700) != 0 else { return }
        let code = linux_errno()
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
        throw .system(deed: "make the folder", path: path, code: code)
    }

    /// The lengths of the segments' files; drafts that nobody finished are removed.
    func take() -> [SegmentID: Int] {
        guard let stream = opendir(segments) else { return [:] }
        defer { closedir(stream) }
        var found: [SegmentID: Int] = [:]
        var entryCount = 0
        while let entry = readdir(stream), entryCount < PrefixLimits.directoryEntries {
            entryCount += 1
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            var status = stat()
            if name.hasSuffix(SegmentFile.draftSuffix) {
                unlink("\(segments)/\(name)")
            } else if let id = SegmentID(name: name), lstat("\(segments)/\(name)", &status) == 0,
                status.st_mode & S_IFMT == S_IFREG
            {
                found[id] = Int(status.st_size)
            }
        }
        return found
    }

    func remove(_ id: SegmentID) { unlink(path(of: id)) }

    /// Removes the index with what SQLite keeps beside it.
    func removeIndex() { for suffix in ["", "-wal", "-shm"] { unlink(index + suffix) } }
}
