import Configuration
import Console
import JSON
import ModelFacts
import ModelStore

/// `millrace models list`: what is in the models directory, and what of it is not whole.
struct ModelsListCommand {
    private let options: ModelsListOptions

    init(_ options: ModelsListOptions) { self.options = options }

    func run() {
        let store = ModelStore(root: options.modelsDirectory)
        let memory = MachineMemory()
        let rows = store.entries().map { entry in
            ListedModel(
                ModelReport(path: entry.path, name: entry.name, depth: .headers, memory: memory),
                byteCount: ModelStore.byteCount(of: entry)
            )
        }
        let unfinished = store.unfinished()
        guard !options.printsJSON else {
            let document: JSONValue = [
                "directory": store.root.map { .string($0) } ?? .null, "models": .array(rows.map(\.json)),
                "unfinished": .array(unfinished.map(\.json)),
            ]
            return Millrace.say(document.description, to: 1)
        }
        guard !rows.isEmpty || !unfinished.isEmpty else {
            let place = store.root ?? "a models directory, for there is none"
            return Millrace.say(
                "There is no model in \(place). Get one: millrace models pull ORG/NAME",
                to: 1
            )
        }
        let head = ["name", "kind", "parameters", "size", "context", "note"]
        // Figures stand right above each other; so does the note, which is the last.
        let table = [head] + rows.map(\.cells) + unfinished.map(\.cells)
        Millrace.say(harmless(ListedModel.aligned(table).joined(separator: "\n")), to: 1)
    }
}

/// A row of the list.
private struct ListedModel {
    let report: ModelReport
    let byteCount: Int

    init(_ report: ModelReport, byteCount: Int) {
        self.report = report
        self.byteCount = byteCount
    }

    private var kind: String { report.format + (report.quantization.map { " \($0)" } ?? "") }

    var cells: [String] {
        [
            report.name ?? report.path, kind, report.weights.map { parameterText($0.parameterCount) } ?? "",
            byteText(byteCount), report.architecture?.contextTokenCount.map { "\($0)" } ?? "",
            report.problems.first ?? "",
        ]
    }

    var json: JSONValue {
        [
            "name": .string(report.name ?? report.path), "path": .string(report.path),
            "format": .string(report.format),
            "quantization": report.quantization.map { .string($0) } ?? .null,
            "parameters": report.weights.map { .integer(Int64($0.parameterCount)) } ?? .null,
            "bytes": .integer(Int64(byteCount)),
            "context_tokens": report.architecture?.contextTokenCount.map { .integer(Int64($0)) } ?? .null,
            "problems": .array(report.problems.map { .string($0) }),
        ]
    }

    /// Name and kind from the left, figures from the right, then the note as it is.
    static func aligned(_ rows: [[String]]) -> [String] {
        let table = TextTable(rows.map { Array($0.dropLast()) }, leftColumnCount: 2)
        return zip(table.lines, rows).map { line, row in
            row.last.map { $0.isEmpty ? line : "\(line)  \($0)" } ?? line
        }
    }
}

extension ModelStore.Unfinished {
    fileprivate var cells: [String] {
        let percent = byteCount > 0 ? presentBytes * 100 / byteCount : 0
        return [
            name, "incomplete", "", byteText(byteCount), "",
            "\(percent) % is here; go on with: millrace models pull \(name)",
        ]
    }

    fileprivate var json: JSONValue {
        [
            "name": .string(name), "present_bytes": .integer(Int64(presentBytes)),
            "bytes": .integer(Int64(byteCount)),
        ]
    }
}
