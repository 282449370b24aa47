import Configuration
import JSON
import ModelFacts
import ModelStore

/// `millrace models inspect`: what a model is, whether it can be used, and whether it fits here.
struct ModelsInspectCommand {
    private let options: ModelsInspectOptions

    init(_ options: ModelsInspectOptions) { self.options = options }

    func run() throws {
        let entry = try ModelStore(root: options.modelsDirectory).locate(options.model)
        let report = ModelReport(
            path: entry.path,
            name: entry.name,
            depth: .everything,
            memory: MachineMemory()
        )
        Millrace.say(options.printsJSON ? report.json.description : report.text, to: 1)
        if !report.isUsable { throw ExitStatus(code: 1) }
    }
}
