internal import CLinux
internal import Contract
internal import EventLoop
internal import Glibc
internal import SQLite
internal import Synchronization
public import Telemetry

/// Keeps computed prefixes in a directory, so that they outlive eviction and restarts.
///
/// - What it gives back is bit for bit what it was given, under the same identity, scope and tokens; anything
///   else is dropped with a line in the log, and costs no more than computing it again.
/// - Files are read by one thread and written by another, which stands back; what is stored is found in
///   memory.
/// - A directory that cannot be written any more is said once, and reading goes on.
///
/// May be used from any thread.
public final class PrefixStore: Sendable {
    private struct State {
        var counters = PrefixCounters()
        var rate = FetchRate()
        var queuedBytes = 0
        /// When what still waits is given up.
        var deadline: Instant?
        /// When writing is tried again; nil while it works.
        var retryAt: Instant?

        var mayWrite: Bool { retryAt.map { $0 <= EventLoop.monotonicNow() } ?? true }
    }

    let limits: PrefixLimits
    let log: Log
    let folder: PrefixFolder
    let reader: WorkThread
    let writer: WorkThread
    private let state = Mutex(State())
    private let catalogue: Mutex<Catalogue>
    private let index: Mutex<SegmentIndex>

    /// Opens a directory, which is made where there is none, and sees what is whole in it.
    public init(directory: String, limits: PrefixLimits = PrefixLimits(), log: Log) throws(PrefixStoreError) {
        self.limits = limits
        self.log = log
        // A file that may not grow any further is an error of its own; the signal would end the process.
        signal(SIGXFSZ, SIG_IGN)
        folder = try PrefixFolder(directory)
        let (index, rows) = try Self.openIndex(folder, log)
        let inventory = Inventory(folder, rows: rows, limits: limits)
        catalogue = Mutex(inventory.catalogue)
        self.index = Mutex(index)
        do throws(EventLoop.SystemError) {
            reader = try WorkThread(name: "prefix-read")
            writer = try WorkThread(name: "prefix-write") { linux_stand_back() }
        } catch {
            throw .unusable("no thread can be started: \(error)")
        }
        flush()
        let (count, bytes) = catalogue.withLock { ($0.count, $0.byteCount) }
        log.info(
            "prefixes on disk",
            [
                "directory": LogValue(directory), "segments": LogValue(count), "bytes": LogValue(bytes),
                "adopted": LogValue(inventory.adoptedCount), "dropped": LogValue(inventory.droppedCount),
            ]
        )
    }

    private static func openIndex(
        _ folder: PrefixFolder,
        _ log: Log
    ) throws(PrefixStoreError) -> (SegmentIndex, [Catalogue.Entry]) {
        do throws(Database.Fault) {
            let index = try SegmentIndex(path: folder.index)
            return (index, try index.entries())
        } catch {
            log.warn(
                "the index of prefixes is made anew",
                ["file": LogValue(folder.index), "reason": LogValue(error)]
            )
        }
        folder.removeIndex()
        do throws(Database.Fault) {
            return (try SegmentIndex(path: folder.index), [])
        } catch {
            throw .unusable("cannot write \(folder.index): \(error)")
        }
    }

    /// The part of the store that belongs to one model.
    public func shelf(for identity: PrefixIdentity) -> PrefixShelf {
        PrefixShelf(store: self, identity: identity)
    }

    /// Writes what waits to be written, as far as the time for that goes, and leaves the directory.
    ///
    /// Whoever waits for a block is told before it returns.
    public func stop() {
        state.withLock { $0.deadline = EventLoop.monotonicNow() + limits.stopTime }
        reader.stop()
        writer.stop()
        flush()
        folder.leave()
    }

    public var counters: PrefixCounters {
        var counters = state.withLock { $0.counters }
        (counters.segments, counters.diskBytes) = catalogue.withLock { ($0.count, $0.byteCount) }
        return counters
    }

    // MARK: For the shelves

    func withCatalogue<Result>(_ body: (inout Catalogue) -> Result) -> Result {
        catalogue.withLock { body(&$0) }
    }

    func count(_ body: (inout PrefixCounters) -> Void) { state.withLock { body(&$0.counters) } }

    var fetchRate: FetchRate { state.withLock { $0.rate } }

    func changeRate(_ body: (inout FetchRate) -> Void) { state.withLock { body(&$0.rate) } }

    /// Whether anything is to be written; some while after a failure it is tried again.
    var isWriting: Bool { state.withLock { $0.mayWrite } }

    var isStopping: Bool { state.withLock { $0.deadline != nil } }

    /// Whether it is too late to write what still waits.
    var isLate: Bool { state.withLock { $0.deadline }.map { $0 <= EventLoop.monotonicNow() } ?? false }

    /// Sets memory aside that waits to be written; false where too much waits already.
    func enqueue(_ bytes: Int) -> Bool {
        state.withLock { state in
            guard state.mayWrite else { return false }
            guard state.queuedBytes == 0 || bytes <= limits.queuedBytes - state.queuedBytes else {
                state.counters.refusedPrefixes += 1
                return false
            }
            state.queuedBytes += bytes
            return true
        }
    }

    func dequeue(_ bytes: Int) { state.withLock { $0.queuedBytes -= bytes } }

    /// Brings folder and index up to what the catalogue says.
    func flush() {
        index.withLock { index in
            let rows = catalogue.withLock { $0.takeChanges() }
            for id in rows.removed { folder.remove(id) }
            do {
                try index.apply(rows)
            } catch {
                stopWriting("the index cannot be written: \(error)")
            }
        }
    }

    /// Writes nothing for a while, and says so the first time.
    func stopWriting(_ reason: String) {
        let isFirst = state.withLock { state in
            defer {
                state.counters.isWriting = false
                state.retryAt = EventLoop.monotonicNow() + limits.retryTime
            }
            return state.counters.isWriting
        }
        guard isFirst else { return }
        log.error(
            "prefixes are no longer written to disk",
            ["directory": LogValue(folder.path), "reason": LogValue(reason)]
        )
    }

    /// Something was written: after a failure, there is room again.
    func noteWritten() {
        let isAgain = state.withLock { state in
            defer {
                state.counters.isWriting = true
                state.retryAt = nil
            }
            return !state.counters.isWriting
        }
        if isAgain { log.info("prefixes are written to disk again", ["directory": LogValue(folder.path)]) }
    }
}
