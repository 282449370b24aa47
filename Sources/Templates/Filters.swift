/// The filters: `value | name(arguments)`.
extension Renderer {
    func apply(filter name: String, to value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        guard let filter = Filter(rawValue: name) else { throw TemplateError("No filter named '\(name)'.") }
        try charge(Limits.unitsPerStatement)
        if !Self.lightFilters.contains(filter) || value.asText != nil { try charge(value.weight) }
        switch filter {
        case .abs, .int, .float, .round, .filesizeformat: return try number(filter, value, arguments)
        case .map, .select, .reject, .selectattr, .rejectattr, .items, .batch, .slice, .unique:
            return try generated(filter, value, arguments)
        case .sort, .dictsort, .min, .max, .sum, .groupby: return try ordered(filter, value, arguments)
        case .length, .count, .default, .d, .first, .last, .list, .join, .reverse, .attr:
            return try parts(filter, value, arguments)
        case .random: throw TemplateError("the filter random is refused: rendering must be repeatable")
        default: return try text(filter, value, arguments)
        }
    }

    /// These do not walk through a list that they are given.
    private static let lightFilters: Set<Filter> = [.length, .count, .default, .d, .first, .last, .attr]
}

enum Filter: String {
    case abs
    case attr
    case batch
    case capitalize
    case center
    case count
    case d
    case `default`
    case dictsort
    case e
    case escape
    case filesizeformat
    case first
    case float
    case forceescape
    case format
    case groupby
    case indent
    case int
    case items
    case join
    case last
    case length
    case list
    case lower
    case map
    case max
    case min
    case pprint
    case random
    case reject
    case rejectattr
    case replace
    case reverse
    case round
    case safe
    case select
    case selectattr
    case slice
    case sort
    case string
    case striptags
    case sum
    case title
    case tojson
    case trim
    case truncate
    case unique
    case upper
    case urlencode
    case wordcount
    case wordwrap
    case xmlattr
}
