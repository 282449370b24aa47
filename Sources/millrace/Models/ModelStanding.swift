import Console
import JSON

/// One model as `/admin/models/status` tells of it.
struct ModelStanding {
    private let json: JSONValue

    init(_ json: JSONValue) { self.json = json }

    private var state: String { json["state"]?.stringValue ?? "" }
    private var workers: [JSONValue] { json["workers"]?.arrayValue ?? [] }

    private func workers(at name: String?) -> [JSONValue] {
        workers.filter { name == nil || $0.name == name }
    }

    /// Whether it serves, at a worker or anywhere; with what was before, whether all of that was replaced.
    func isLoaded(at worker: String?, since before: ModelStanding? = nil) -> Bool {
        let here = workers(at: worker)
        guard let before, before.workers(at: worker).contains(where: \.serves) else {
            return here.contains(where: \.serves)
        }
        return before.workers(at: worker).filter(\.serves).allSatisfy { old in
            here.contains { $0.name == old.name && $0.serves && $0.generation > old.generation }
        }
    }

    /// Why it will not be loaded.
    func failure(since before: ModelStanding?, at worker: String?) -> String? {
        if let failure = json["failure"]?.stringValue { return failure }
        // A load beside what serves is not tried twice.
        guard before != nil else { return nil }
        return workers(at: worker).compactMap { $0["reason"]?.stringValue }.first
    }

    func isGone(from worker: String?) -> Bool {
        workers(at: worker).allSatisfy { $0["state"]?.stringValue == "absent" }
    }

    /// How far it is.
    var words: String {
        let percents = workers.compactMap { $0["percent"]?.integerValue }
        return percents.max().map { "\($0) %" } ?? state
    }

    /// Where it is.
    var places: String {
        let held = workers.filter(\.serves).map { "at \($0.name) with \(byteText($0.bytes))" }
        return held.joined(separator: ", ")
    }

    /// Lines of the table, one for each worker that has to do with it.
    var rows: [[String]] {
        let counts = ["running", "waiting"].map { "\(json[$0]?.integerValue ?? 0)" }
        let name = json["id"]?.stringValue ?? ""
        let held = workers.filter { $0["state"]?.stringValue != "absent" }
        let failure = json["failure"]?.stringValue
        guard !held.isEmpty else {
            return [[name, state, "", ""] + counts + [failure ?? workers.compactMap(\.reason).first ?? ""]]
        }
        return held.enumerated().map { index, worker in
            let percent = worker["percent"]?.integerValue.map { " \($0) %" } ?? ""
            let standing = (worker["state"]?.stringValue ?? "") + percent
            let figures = index == 0 ? counts : ["", ""]
            return [index == 0 ? name : "", standing, worker.name, byteText(worker.bytes)] + figures
                + [worker.reason ?? ""]
        }
    }
}

extension JSONValue {
    fileprivate var name: String { self["worker"]?.stringValue ?? "" }
    fileprivate var reason: String? { self["reason"]?.stringValue }
    fileprivate var generation: Int64 { self["generation"]?.integerValue ?? 0 }
    fileprivate var bytes: Int { Int(self["bytes"]?.integerValue ?? 0) }
    fileprivate var serves: Bool { ["resident", "swapping"].contains(self["state"]?.stringValue ?? "") }
}
