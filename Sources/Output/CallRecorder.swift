internal import JSON

/// Where the readers of calls put what they have read; keeps what they read until it is certain to be a call.
struct CallRecorder: Sendable {
    let toolbox: Toolbox
    private let ids: CallIDs
    var events = EventList()
    private(set) var count = 0
    /// A call has begun and has not ended.
    private(set) var isOpen = false
    /// A call has begun since the last time that everything was settled.
    private(set) var hasCallInSection = false
    /// Everything since the last call ended, or since the section began: it is text if no call comes of it.
    ///
    /// Once a call is told, what was told of it is not in here: no byte is shown twice.
    private var unsettled: [UInt8] = []

    init(_ toolbox: Toolbox, _ ids: CallIDs) {
        self.toolbox = toolbox
        self.ids = ids
    }

    /// As much as is kept of what may be a call.
    private static let unsettledBytes = 128 << 10

    /// More than that has come, and it is still not certain to be a call.
    var isTooLong: Bool { !isOpen && unsettled.count >= Self.unsettledBytes }

    /// Notes a byte that is about to be read.
    mutating func note(_ byte: UInt8) {
        if unsettled.count < Self.unsettledBytes { unsettled.append(byte) }
    }

    /// Begins a call of the tool that is meant by `written`; nil, and nothing is told, if there is none.
    mutating func begin(_ written: String) -> Tool? {
        guard !isOpen, let name = toolbox.resolve(written) else { return nil }
        events.append(
            .callBegan(index: count, id: ids.id(of: count, name: name, written: written), name: name)
        )
        isOpen = true
        hasCallInSection = true
        unsettled.removeAll(keepingCapacity: true)
        return toolbox.tool(name)
    }

    mutating func append(_ json: some Collection<UInt8>) {
        guard !json.isEmpty else { return }
        events.append(json, .arguments)
        unsettled.removeAll(keepingCapacity: true)
    }

    /// Ends the call that is open, if one is.
    mutating func end() {
        guard isOpen else { return }
        isOpen = false
        count += 1
        unsettled.removeAll(keepingCapacity: true)
        events.append(.callEnded)
    }

    /// Ends the call that is open because it went wrong; what was read of it and not told is not settled.
    mutating func breakOff() {
        guard isOpen else { return }
        isOpen = false
        count += 1
        events.append(.callEnded)
    }

    /// What was read behind a call belongs to it.
    mutating func settle() { if hasCallInSection { unsettled.removeAll(keepingCapacity: true) } }

    /// What was read and belongs to no whole call.
    mutating func takeUnsettled() -> [UInt8] {
        hasCallInSection = false
        defer { unsettled.removeAll(keepingCapacity: true) }
        return unsettled
    }
}

/// What a byte meant to a reader of calls.
enum Reading: Hashable {
    case more
    /// The call ended with the byte.
    case ended
    /// The call ended before the byte, which was not taken.
    case passed
    /// The byte ended the call, and all the calls of its section.
    case closed
    /// This is no call of a tool that there is.
    case invalid
}
