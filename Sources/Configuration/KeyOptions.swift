/// The files that links are locked with.
public struct KeyFiles: Hashable, Sendable {
    /// The process's own pair.
    public var own: String
    /// Everybody's.
    public var fleet: String

    /// Nil where links are open; one of them without the other is a mistake.
    init?(_ settings: Settings) throws(UsageError) {
        switch (settings.optionalText(.nodeKey), settings.optionalText(.fleetKeys)) {
        case (nil, nil): return nil
        case (let own?, let fleet?):
            self.own = own
            self.fleet = fleet
        case (_?, nil): throw UsageError("\(Option.nodeKey.flag) needs \(Option.fleetKeys.flag) FILE too")
        case (nil, _?): throw UsageError("\(Option.fleetKeys.flag) needs \(Option.nodeKey.flag) FILE too")
        }
    }
}

/// What `millrace keys node` is told.
public struct KeysNodeOptions: Hashable, Sendable {
    /// Where the pair goes.
    public var path: String
    public var node: String
    public var role: String

    init(_ settings: Settings) throws(UsageError) {
        path = try settings.onlyArgument("FILE")
        node = settings.text(.node)
        role = settings.text(.keyRole)
    }
}
