internal import CLinux
internal import Glibc

/// The file system's verbs, with errors that say what was to be done where.
enum Disk {
    /// What a path stands for, without following a link.
    enum Kind: Hashable {
        case file(byteCount: Int)
        case folder
        case link
        case other
    }

    /// Nil where there is nothing.
    static func kind(of path: String) -> Kind? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file(byteCount: Int(status.st_size))
        case S_IFDIR: return .folder
        case S_IFLNK: return .link
        default: return .other
        }
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Makes a folder and those above it.
    static func makeFolder(_ path: String) throws(StoreError) {
        var end = path.startIndex
        while end < path.endIndex {
            end = path[end...].dropFirst().firstIndex(of: "/") ?? path.endIndex
            let folder = String(path[..<end])
            guard mkdir(folder, 0o755) != 0, errno != EEXIST else { continue }
            throw .system(deed: "make the folder", path: folder, code: errno)
        }
        guard isFolder(path) else { throw .system(deed: "make the folder", path: path, code: ENOTDIR) }
    }

    /// The names in a folder, sorted; empty where there is none.
    static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream), names.count < ModelStoreLimits.entryCount {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The paths below a folder of whatever is no folder, relative to it, sorted.
    static func paths(below folder: String, depth: Int = ModelStoreLimits.folderDepth) -> [String] {
        names(in: folder).flatMap { name -> [String] in
            let path = "\(folder)/\(name)"
            guard kind(of: path) == .folder else { return [name] }
            return depth > 1 ? paths(below: path, depth: depth - 1).map { "\(name)/\($0)" } : []
        }
    }

    /// A whole small file; nil where there is none or it is larger than `limit`.
    static func bytes(of path: String, limit: Int) -> [UInt8]? {
        guard let file = fopen(path, "rbe") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
            bytes += chunk[..<count]
            guard bytes.count <= limit else { return nil }
        }
        return ferror(file) == 0 ? bytes : nil
    }

    /// Puts a whole file in place at once: whoever reads it sees the former content or all of this.
    static func replace(_ path: String, with bytes: [UInt8]) throws(StoreError) {
        let draft = path + ".draft"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw .system(deed: "write", path: draft, code: errno) }
        defer { close(descriptor) }
        let code = bytes.withUnsafeBytes { append($0, to: descriptor) }
        guard code == 0 else { throw .system(deed: "write", path: draft, code: code) }
        guard fsync(descriptor) == 0 else { throw .system(deed: "write", path: draft, code: errno) }
        try move(draft, to: path)
    }

    /// Writes all bytes; 0 on success, otherwise the error's number.
    static func append(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let count = Glibc.write(descriptor, piece.baseAddress, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return count < 0 ? errno : EIO }
            rest = rest.dropFirst(count)
        }
        return 0
    }

    static func move(_ path: String, to other: String) throws(StoreError) {
        guard rename(path, other) == 0 else { throw .system(deed: "put in place", path: other, code: errno) }
    }

    /// Lets two folders change places, in one step where the file system can.
    static func exchange(_ path: String, with other: String) throws(StoreError) {
        let code = linux_exchange(path, other)
        guard code != 0 else { return }
        guard code == EINVAL || code == ENOSYS else {
            throw .system(deed: "put in place", path: other, code: code)
        }
        let aside = path + ".former"
        try move(other, to: aside)
        try move(path, to: other)
        try move(aside, to: path)
    }

    /// Gives a file a second name.
    static func link(_ path: String, as other: String) throws(StoreError) {
        guard Glibc.link(path, other) == 0 else { throw .system(deed: "link", path: path, code: errno) }
    }

    /// Makes what happened in a folder outlive a loss of power.
    static func sync(folder: String) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// Removes a file, or a folder with what `paths(below:)` finds in it; what lies deeper stays.
    static func remove(_ path: String, depth: Int = ModelStoreLimits.folderDepth) {
        if kind(of: path) == .folder, depth > 0 {
            for name in names(in: path) { remove("\(path)/\(name)", depth: depth - 1) }
            rmdir(path)
        } else {
            unlink(path)
        }
    }

    /// What an ordinary user may still write beneath `folder`.
    static func freeBytes(at folder: String) throws(StoreError) -> Int {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else {
            throw .system(deed: "look at", path: folder, code: errno)
        }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(
            by: UInt64(status.f_frsize)
        )
        return overflow ? .max : Int(clamping: bytes)
    }
}
