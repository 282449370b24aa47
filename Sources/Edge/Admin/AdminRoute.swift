internal import Contract
internal import Dialects
internal import Http
internal import JSON
internal import Roles

/// What operators do with models: load, unload, look.
struct AdminRoute: Route {
    enum Deed {
        case load
        case unload
        case status
    }

    static var all: [any Route] {
        [AdminRoute(deed: .load), AdminRoute(deed: .unload), AdminRoute(deed: .status)]
    }

    /// Of a command's body.
    private static let bodyBytes = 64 << 10

    let deed: Deed

    var method: String { deed == .status ? "GET" : "POST" }

    var path: String {
        switch deed {
        case .load: "/admin/models/load"
        case .unload: "/admin/models/unload"
        case .status: "/admin/models/status"
        }
    }

    /// It has a door of its own.
    var isOpen: Bool { true }

    func answer(_ context: RouteContext) {
        do throws(DialectError) {
            try context.edge.configuration.admin.check(context.headers, from: context.request.peer)
        } catch {
            return context.refuse(error, .openAI, more: [HttpField("www-authenticate", "Bearer")])
        }
        do throws(DialectError) {
            context.edge.admin.ask(try request(context), context)
        } catch {
            context.refuse(error, .openAI)
        }
    }

    private func request(_ context: RouteContext) throws(DialectError) -> ManageRequest {
        let id = UInt64.random(in: 1 ... .max)
        guard deed != .status else {
            let items = QueryItems(context.request.query ?? "").items
            let asked = items.first { $0.name == "model" }?.value ?? ""
            return ManageRequest(id: id, action: .status, model: name(asked, context))
        }
        let members = try Self.members(context.request.body)
        guard let model = members["model"]?.stringValue, (1...255).contains(model.utf8.count) else {
            throw DialectError(.invalidRequest, "model must be a text of 1 to 255 bytes", field: "model")
        }
        var request = ManageRequest(id: id, action: .unload, model: name(model, context))
        request.worker = try worker(members["worker"])
        if deed == .load {
            request.action = try flag(members["reload"], "reload") ? .reload : .load
        }
        return request
    }

    private static func members(_ body: some Collection<UInt8>) throws(DialectError) -> JSONObject {
        guard body.count <= bodyBytes else {
            throw DialectError(.invalidRequest, "the request body has more than \(bodyBytes) bytes")
        }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: body)
        } catch {
            throw DialectError(.invalidRequest, "the request body is not valid JSON: \(error)")
        }
        guard let members = value.objectValue else {
            throw DialectError(.invalidRequest, "the request body must be an object")
        }
        return members
    }

    private func name(_ asked: String, _ context: RouteContext) -> String {
        let known = context.edge.role.models.map(\.name)
        return context.edge.configuration.naming.plain(asked, among: known)
    }

    private func worker(_ value: JSONValue?) throws(DialectError) -> NodeID? {
        guard let value, value != .null else { return nil }
        guard let node = value.stringValue.map({ NodeID($0) }), node.isWellFormed else {
            throw DialectError(.invalidRequest, "worker must be the name of a worker", field: "worker")
        }
        return node
    }

    private func flag(_ value: JSONValue?, _ field: String) throws(DialectError) -> Bool {
        guard let value, value != .null else { return false }
        guard let flag = value.boolValue else {
            throw DialectError(.invalidRequest, "\(field) must be true or false", field: field)
        }
        return flag
    }
}
