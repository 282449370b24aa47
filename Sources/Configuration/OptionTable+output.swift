internal import Output

extension Option {
    // Reading what models say

    static let outputFormat = Option(
        name: "output-format",
        kind: .choice(["auto", "plain"] + OutputFormat.all.map(\.name)),
        placeholder: "NAME",
        help: "How models mark thoughts and tool calls; auto is told by the chat template, plain shows all.",
        commands: [.serve, .worker],
        fallback: "auto",
        path: "engine.output_format"
    )
}
