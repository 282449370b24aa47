import Configuration
import Contract
import JSON
import Messaging

/// `millrace keys node`: makes a pair, and prints the line that tells the others about it.
struct KeysNodeCommand {
    let options: KeysNodeOptions

    init(_ options: KeysNodeOptions) { self.options = options }

    func run() throws {
        let key = try NodeKey()
        try KeyFile.write(key, to: options.path)
        let line = JSONValue.object([
            "key": .string("\(key)"), "node": .string(options.node), "role": .string(options.role),
        ])
        Millrace.say(String(decoding: line.serialized, as: UTF8.self), to: 1)
    }
}
