internal import JSON

/// The checked value of an option.
enum OptionValue: Hashable, Sendable {
    case flag(Bool)
    case integer(Int)
    case integers([Int])
    case number(Double)
    case text(String)
    case pair(name: String, value: String)
    case endpoint(Endpoint)
    case endpoints([Endpoint])
    case object(JSONObject)
}
