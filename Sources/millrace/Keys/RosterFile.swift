import Configuration
import Contract
import Glibc
import JSON
import Messaging
import Synchronization
import Telemetry

/// The file that says whose keys belong to the fleet: one object a line, as `millrace keys node` prints them.
///
///     {"key":"…","node":"worker-1","role":"worker"}
///
/// It may be written anew at any time. What cannot be read then is said once and changes nothing.
final class RosterFile: Sendable {
    static let memberLimit = 10_000
    /// Less than `Surroundings.file` reads, so that a file that is longer is seen to be.
    private static let byteLimit = 1 << 20

    /// What tells one state of the file from the next.
    private struct Stamp: Hashable {
        var device: UInt64
        var inode: UInt64
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

    let roster = FleetRoster()
    private let path: String
    private let log: Log
    private let seen: Mutex<Stamp?>

    init(_ path: String, log: Log) throws(UsageError) {
        self.path = path
        self.log = log
        seen = Mutex(Self.stamp(of: path))
        roster.replace(try Self.members(path))
    }

    /// Reads the file again if it has changed.
    func refresh() {
        let stamp = Self.stamp(of: path)
        let hasChanged = seen.withLock { seen in
            defer { seen = stamp }
            return seen != stamp
        }
        guard hasChanged else { return }
        do throws(UsageError) {
            let members = try Self.members(path)
            roster.replace(members)
            log.info("the fleet's keys are read again", ["keys": LogValue(members.count)])
        } catch {
            log.warn("the fleet's keys stay as they were", ["reason": LogValue("\(error)")])
        }
    }

    private static func stamp(of path: String) -> Stamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Stamp(
            device: UInt64(status.st_dev),
            inode: UInt64(status.st_ino),
            size: Int(status.st_size),
            seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec
        )
    }

    // MARK: Reading

    private static func members(_ path: String) throws(UsageError) -> [FleetRoster.Member] {
        let bytes = try Surroundings.current.file(path)
        guard bytes.count <= byteLimit else { throw UsageError("\(path) has more than \(byteLimit) bytes") }
        var members: [FleetRoster.Member] = []
        var roles: [PublicKey: FleetRole] = [:]
        for (index, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated()
        where line.contains(where: { $0 > 0x20 }) {
            let place = "\(path):\(index + 1)"
            let member = try Self.member(line, at: place)
            guard roles.updateValue(member.role, forKey: member.key).map({ $0 == member.role }) ?? true else {
                throw UsageError("\(place): the key has another role further up")
            }
            members.append(member)
            guard members.count <= memberLimit else {
                throw UsageError("\(path) has more than \(memberLimit) keys")
            }
        }
        return members
    }

    private static func member(
        _ line: ArraySlice<UInt8>,
        at place: String
    ) throws(UsageError) -> FleetRoster.Member {
        guard let fields = (try? JSONValue(parsing: line))?.objectValue else {
            throw UsageError("\(place): the line is not a JSON object")
        }
        for (name, _) in fields where !["key", "node", "role"].contains(name) {
            throw UsageError("\(place): unknown member \"\(name)\"; there are key, node and role")
        }
        guard let key = fields["key"]?.stringValue.flatMap({ PublicKey($0) }) else {
            throw UsageError("\(place): \"key\" must be a public key of 40 letters")
        }
        guard let node = fields["node"]?.stringValue.map({ NodeID($0) }), node.isWellFormed else {
            throw UsageError(
                "\(place): \"node\" must be 1 to 64 letters, digits, dots, dashes or underscores"
            )
        }
        guard let role = fields["role"]?.stringValue.flatMap({ FleetRole(rawValue: $0) }) else {
            let roles = FleetRole.allCases.map(\.rawValue).joined(separator: ", ")
            throw UsageError("\(place): \"role\" must be one of \(roles)")
        }
        return FleetRoster.Member(key, node, role)
    }
}
