public import PrefixStore
internal import Telemetry

/// Where a worker keeps prefixes on disk, and how many.
public struct PrefixDirectory: Sendable {
    public var path: String
    public var limits: PrefixLimits

    public init(path: String, limits: PrefixLimits) {
        self.path = path
        self.limits = limits
    }

    /// Nil where the directory cannot be used: the worker goes without, and the log says why.
    func open(_ log: Log) -> PrefixStore? {
        do throws(PrefixStoreError) {
            return try PrefixStore(directory: path, limits: limits, log: log)
        } catch {
            log.error("prefixes are not kept on disk", ["reason": LogValue(error)])
            return nil
        }
    }
}
