/// One thing that can be set, and every way to set it.
///
/// Flags, environment, file, help and schema are all made from these rows, so they cannot disagree.
struct Option: Sendable {
    /// How an option is set by the environment.
    enum Variable: Hashable, Sendable {
        /// `MILLRACE_` and the name in capitals.
        case derived
        case named(String)
        case none
    }

    /// Without the dashes.
    var name: String
    var kind: OptionKind
    /// What stands for the value in help; empty for a flag.
    var placeholder = ""
    /// One or two sentences.
    var help: String
    var commands: [Command]
    /// As it would be typed; nil where there is none or where it is computed.
    var fallback: String?
    /// Where a command's differs.
    var fallbackIn: [Command: String] = [:]
    /// Words for help where the default is computed.
    var fallbackNote: String?
    var required: [Command] = []
    var isRepeatable = false
    var environment = Variable.derived
    /// What other programs call the same variable; asked last.
    var sharedVariable: String?
    /// Keys from the root of the file, joined with dots; nil for what concerns one run only.
    var path: String?

    var flag: String { "--\(name)" }

    var variable: String? {
        switch environment {
        case .derived: "MILLRACE_" + name.uppercased().replacing("-", with: "_")
        case .named(let name): name
        case .none: nil
        }
    }

    func fallback(in command: Command) -> String? { fallbackIn[command] ?? fallback }
}
