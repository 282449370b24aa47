import Chat
import Configuration
import Glibc

/// The program: finds out what was asked for and does it.
enum Millrace {
    static let version = "0.1.0"

    /// The exit status.
    static func run(_ words: [String]) -> Int32 {
        let invocation: Invocation
        do throws(UsageError) {
            invocation = try Invocation(parsing: words)
        } catch {
            say("millrace: \(error)", to: 2)
            return UsageError.exitCode
        }
        do {
            try perform(invocation)
            return 0
        } catch let status as ExitStatus {
            return status.code
        } catch let error as UsageError {
            say("millrace: \(error)", to: 2)
            return UsageError.exitCode
        } catch {
            say("millrace: \(error)", to: 2)
            return 1
        }
    }

    private static func perform(_ invocation: Invocation) throws {
        switch invocation {
        case .help(let text): say(text, to: 1)
        case .version: say("millrace \(version)", to: 1)
        case .serve(let options): try ServeCommand(options).run()
        case .coordinator(let options): try CoordinatorCommand(options).run()
        case .edge(let options): try EdgeCommand(options).run()
        case .worker(let options): try WorkerCommand(options).run()
        case .chat(let options): throw ExitStatus(code: ChatSession.run(options))
        case .modelsList(let options): ModelsListCommand(options).run()
        case .modelsPull(let options): try ModelsPullCommand(options).run()
        case .modelsInspect(let options): try ModelsInspectCommand(options).run()
        case .modelsManage(let options): try ModelsManageCommand(options).run()
        case .keysNode(let options): try KeysNodeCommand(options).run()
        case .inspect(let options): try InspectCommand(options).run()
        case .simulate(let options): try SimulateCommand(options).run()
        case .bench(let options): try BenchCommand(options).run()
        }
    }

    static func say(_ text: String, to descriptor: Int32) {
        let line = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

/// Ends the program with a status that has been explained already.
struct ExitStatus: Error {
    var code: Int32
}
