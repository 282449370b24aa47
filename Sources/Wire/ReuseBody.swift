internal import Contract

/// How much of a prompt came from disk, and why no more of it was known; behind a stream's opening.
enum ReuseBody {
    /// Where the text that was known ended.
    private enum Kind {
        static let none: UInt8 = 0
        static let start: UInt8 = 1
        static let template: UInt8 = 2
        static let tools: UInt8 = 3
        static let message: UInt8 = 4
        static let text: UInt8 = 5
    }

    static func isNeeded(_ opening: StreamOpening) -> Bool {
        opening.diskTokens > 0 || opening.reuseEnd != nil
    }

    static func append(_ opening: StreamOpening, to bytes: inout [UInt8]) {
        bytes.append(integer: opening.diskTokens)
        switch opening.reuseEnd {
        case nil: bytes.append(Kind.none)
        case .start: bytes.append(Kind.start)
        case .template: bytes.append(Kind.template)
        case .tools: bytes.append(Kind.tools)
        case .message(let index, let byte):
            bytes.append(Kind.message)
            bytes.append(integer: index)
            bytes.append(integer: byte)
        case .text: bytes.append(Kind.text)
        }
    }

    static func read(into opening: inout StreamOpening?, _ reader: inout BodyReader) throws(FrameError) {
        opening?.diskTokens = try reader.integer("disk_tokens")
        let kind: UInt8 = try reader.integer("reuse_end")
        switch kind {
        case Kind.none: break
        case Kind.start: opening?.reuseEnd = .start
        case Kind.template: opening?.reuseEnd = .template
        case Kind.tools: opening?.reuseEnd = .tools
        case Kind.message:
            let index: UInt32 = try reader.integer("message")
            opening?.reuseEnd = .message(index, byte: try reader.integer("byte"))
        case Kind.text: opening?.reuseEnd = .text
        default: throw .malformed("reuse_end is \(kind), 0 to 5 are known")
        }
    }
}
