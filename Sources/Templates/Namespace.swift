/// What `namespace()` makes: the only thing that a template can change.
final class Namespace {
    private(set) var members: [(name: String, value: Value)] = []

    subscript(_ name: String) -> Value? { members.first { $0.name.isSame(as: name) }?.value }

    /// Names with an underscore in front are refused, as by transformers.
    func set(_ name: String, _ value: Value) throws(TemplateError) {
        guard name.utf8.first != UInt8(ascii: "_") else {
            throw TemplateError(
                "Chat templates cannot store underscore-prefixed attributes on a namespace, but got "
                    + "\(try Value.string(name).representation()). Please rename the attribute."
            )
        }
        if let place = members.firstIndex(where: { $0.name.isSame(as: name) }) {
            members[place].value = value
        } else {
            members.append((name, value))
        }
    }

    func removeAll() { members = [] }
}
