internal import Contract

/// The number of each message in a frame's header.
///
/// A number is never given a second meaning.
enum MessageType: UInt8, CaseIterable {
    case hello = 1
    case welcome = 2
    case resync = 3
    case heartbeat = 4
    case busy = 5
    case bye = 6
    case error = 7

    case submit = 16
    case cancel = 17
    case accepted = 18
    case refused = 19
    case positions = 20
    case cancelled = 21
    case lost = 22
    case models = 23

    case lease = 32
    case drain = 33
    case credit = 34
    case taken = 35
    case declined = 36
    case done = 37

    case tokens = 48
    case ack = 49
    case resume = 50
    case abandon = 51

    case holdings = 64
    case holdingsDigest = 65
    case recountHoldings = 66
    case workerLoad = 67
    case load = 72
    case unload = 73
    case stock = 74
    case manage = 75
    case managed = 76
    case seek = 80
    case handover = 81
    case claim = 82
    case moved = 83
    case unfound = 84
    case twin = 88

    init(of message: Message) {
        self =
            switch message {
            case .hello: .hello
            case .welcome: .welcome
            case .resync: .resync
            case .heartbeat: .heartbeat
            case .busy: .busy
            case .bye: .bye
            case .error: .error
            case .submit: .submit
            case .cancel: .cancel
            case .accepted: .accepted
            case .refused: .refused
            case .positions: .positions
            case .cancelled: .cancelled
            case .lost: .lost
            case .models: .models
            case .lease: .lease
            case .drain: .drain
            case .credit: .credit
            case .taken: .taken
            case .declined: .declined
            case .done: .done
            case .tokens: .tokens
            case .ack: .ack
            case .resume: .resume
            case .abandon: .abandon
            case .holdings: .holdings
            case .holdingsDigest: .holdingsDigest
            case .recountHoldings: .recountHoldings
            case .workerLoad: .workerLoad
            case .load: .load
            case .unload: .unload
            case .stock: .stock
            case .manage: .manage
            case .managed: .managed
            case .seek: .seek
            case .handover: .handover
            case .claim: .claim
            case .moved: .moved
            case .unfound: .unfound
            case .twin: .twin
            }
    }

    var frameByteLimit: Int {
        switch self {
        case .hello, .lease, .handover, .stock, .managed: WireLimits.controlFrameBytes
        case .submit: WireLimits.submitFrameBytes
        default: WireLimits.tokenFrameBytes
        }
    }
}
