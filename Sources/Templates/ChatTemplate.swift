public import JSON

/// A model's chat template: turns messages and tools into the text that the model was trained on.
///
/// The language is Jinja as transformers runs it: sandboxed, with `break`/`continue` and the `generation`
/// tag, and nothing that reaches outside. What a template may cost is bounded (`Limits`), whatever is in it.
/// Rendering is a function of its arguments alone.
public struct ChatTemplate: Sendable {
    let names: [String]
    let body: [Statement]
    /// By name, for `self.name()`.
    let blocks: [String: BlockStatement]

    public init(_ source: String) throws(TemplateError) {
        var parser = try Parser(source)
        body = try parser.template()
        names = parser.names
        blocks = parser.blocks
    }

    /// Renders with every member of `variables` as a variable.
    ///
    /// Absent names are undefined. `now` is the time that `strftime_now` tells, `YYYY-MM-DDTHH:MM:SS`;
    /// without it that function is undefined.
    public func render(_ variables: JSONObject, now: String?) throws(TemplateError) -> String {
        var clock: Clock?
        if let now {
            guard let time = Clock(now) else {
                throw TemplateError("now must be YYYY-MM-DDTHH:MM:SS, not '\(now)'")
            }
            clock = time
        }
        return try Renderer(self, clock).render(variables)
    }
}
