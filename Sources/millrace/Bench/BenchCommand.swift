import Configuration

/// `millrace bench`: measures a part of the program, or a running server, and says what came of it.
struct BenchCommand {
    let options: BenchOptions

    init(_ options: BenchOptions) { self.options = options }

    func run() throws {
        switch options {
        case .coordinator(let options): try CoordinatorBench(options: options).run()
        case .edge(let options): try EdgeBench(options: options).run()
        case .engine(let options): try EngineBench(options: options).run()
        case .kernels(let options): try KernelBench(options: options).run()
        case .machine(let options): try MachineBench(options: options).run()
        case .load(let options): try LoadBench(options: options).run()
        case .curve(let options): try CurveBench(options: options).run()
        }
    }
}
