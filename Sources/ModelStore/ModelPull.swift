internal import Glibc
internal import JSON

/// What happens during a pull, in order.
public enum PullEvent: Hashable, Sendable {
    /// Another process pulls this model; this one waits.
    case waiting
    /// What there is to do; `presentBytes` of it are here from an earlier pull.
    case planned(fileCount: Int, byteCount: Int, presentBytes: Int)
    /// A file's turn; `presentBytes` of it are here.
    case began(path: String, byteCount: Int, presentBytes: Int)
    /// So many bytes came; negative where what was here had to be dropped.
    case received(byteCount: Int)
    /// A file is whole and its checksum is right.
    case finished(path: String)
    /// The connection failed; it is tried again after a while.
    case pausing(Duration, reason: String)
}

/// What a pull left in the models directory.
public struct PulledModel: Hashable, Sendable {
    public var path: String
    /// For `--model`.
    public var name: String
    public var fileCount: Int
    public var byteCount: Int
    /// Nothing was missing.
    public var isUnchanged: Bool
}

/// Brings a model from a hub into the models directory: all of it, checked, or nothing that anybody would
/// take for a model.
///
/// May be ended at any moment, by Ctrl-C or by the loss of power; the next pull of the same model goes on
/// where this one ended.
public struct ModelPull {
    private let root: String
    private let address: HubAddress
    private let reference: ModelReference
    private let isStopped: @Sendable () -> Bool
    private let report: (PullEvent) -> Void

    public init(
        _ reference: ModelReference,
        from address: HubAddress,
        into root: String,
        isStopped: @escaping @Sendable () -> Bool,
        report: @escaping (PullEvent) -> Void
    ) {
        self.reference = reference
        self.address = address
        self.root = root
        self.isStopped = isStopped
        self.report = report
    }

    public func run() throws(StoreError) -> PulledModel {
        // A file that may not grow is an error like a full disk, and not the end of the process.
        signal(SIGXFSZ, SIG_IGN)
        let folders = PullFolders(root: root, reference)
        try Disk.makeFolder(folders.area)
        let lock = try PullLock(folders.lock, isStopped: isStopped) { report(.waiting) }
        return try withExtendedLifetime(lock) { () throws(StoreError) in try pull(folders) }
    }

    private func pull(_ folders: PullFolders) throws(StoreError) -> PulledModel {
        let hub = Hub(address, reference, isStopped: isStopped, pause: pause)
        let staging = Staging(folders: folders, record: try plan(hub))
        let record = staging.record
        let isUnchanged = staging.isInstalled
        if isUnchanged {
            staging.clear()
        } else {
            try staging.prepare()
            let presentBytes = staging.presentBytes
            report(
                .planned(
                    fileCount: record.files.count,
                    byteCount: record.byteCount,
                    presentBytes: presentBytes
                )
            )
            try checkSpace(record.byteCount - presentBytes, folders)
            for file in record.files where !staging.isThere(file) {
                try download(file, hub, record.commit, into: folders.files)
            }
            try staging.install()
        }
        return PulledModel(
            path: folders.model,
            name: reference.servedName,
            fileCount: record.files.count,
            byteCount: record.byteCount,
            isUnchanged: isUnchanged
        )
    }

    private func plan(_ hub: Hub) throws(StoreError) -> PullRecord {
        let commit = try hub.commit()
        let files = try hub.files(at: commit)
        let selected: [RemoteFile]
        if let choice = reference.choice {
            selected = try FileSelection.chosen(choice, from: reference.repository, files)
        } else {
            let index = try FileSelection.index(among: files).map { (file) throws(StoreError) in
                try hub.json(file, at: commit)
            }
            selected = try FileSelection.whole(of: reference.repository, files, index: index)
        }
        return PullRecord(
            source: "\(hub.url)",
            repository: reference.repository,
            revision: reference.revision ?? "main",
            commit: commit,
            choice: reference.choice,
            files: selected
        )
    }

    private func download(
        _ file: RemoteFile,
        _ hub: Hub,
        _ commit: String,
        into folder: String
    ) throws(StoreError) {
        guard !isStopped() else { throw .stopped }
        let partial = try PartialFile(file, in: folder)
        let path = file.path.description
        report(.began(path: path, byteCount: file.byteCount, presentBytes: partial.offset))
        let download = FileDownload(hub: hub, commit: commit, partial: partial) { count in
            report(.received(byteCount: count))
        }
        try download.run()
        report(.finished(path: path))
    }

    private func checkSpace(_ missingBytes: Int, _ folders: PullFolders) throws(StoreError) {
        let free = try Disk.freeBytes(at: folders.staging)
        guard missingBytes <= free - ModelStoreLimits.spareBytes || missingBytes == 0 else {
            throw .noSpace(neededBytes: missingBytes, freeBytes: free, folder: root)
        }
    }

    /// Waits without taking the user's Ctrl-C for the end of the wait.
    private func pause(_ length: Duration, _ reason: String) throws(StoreError) {
        report(.pausing(length, reason: reason))
        let end = ContinuousClock.now + length
        while ContinuousClock.now < end {
            guard !isStopped() else { throw .stopped }
            // A signal ends a slice early, and a signal just before it waits for no more than one.
            poll(nil, 0, 200)
        }
    }
}
