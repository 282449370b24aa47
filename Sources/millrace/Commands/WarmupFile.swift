import Configuration
import Contract
import Dialects
import JSON
import Worker

/// The file of `--warmup`: on each line a request as clients would send it, of which only the prompt counts.
///
///     {"prompt":"…"}
///     {"messages":[…],"tools":[…],"model":"…","tenant":"…"}
///
/// It is read by what reads the clients' requests, so that the same messages make the same tokens.
enum WarmupFile {
    /// What the lines of the file ask for; empty lines ask for nothing.
    ///
    /// `models`: the names under which the worker serves its models; a line that names none means the first.
    static func prompts(in path: String, models: [String]) throws(UsageError) -> [WarmupPrompt] {
        let text: String
        do throws(InspectError) {
            text = try TextFile.read(path)
        } catch {
            throw UsageError("--warmup: \(error.message)")
        }
        var prompts: [WarmupPrompt] = []
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, line) in lines.enumerated()
        where line.contains(where: { !$0.isWhitespace }) {
            let place = "\(path):\(index + 1)"
            do throws(DialectError) {
                prompts += try self.prompts(onLine: line, at: place, models: models)
            } catch {
                throw UsageError("\(place): \(error.detail)")
            }
        }
        return prompts
    }

    private static func prompts(
        onLine line: Substring,
        at place: String,
        models: [String]
    ) throws(DialectError) -> [WarmupPrompt] {
        guard let members = (try? JSONValue(parsing: line.utf8))?.objectValue else {
            throw DialectError(.invalidRequest, "the line is not a JSON object")
        }
        let endpoint: GenerationEndpoint
        switch (members["prompt"], members["messages"]) {
        case (.some, nil): endpoint = .completions
        case (nil, .some): endpoint = .chatCompletions
        default: throw DialectError(.invalidRequest, "the line must have either \"prompt\" or \"messages\"")
        }
        var tenant = Routing().tenant
        if let given = members["tenant"] {
            guard let text = given.stringValue, !text.isEmpty else {
                throw DialectError(.invalidRequest, "tenant must be a text that is not empty")
            }
            tenant = text
        }
        let plan = try endpoint.plan(
            body: line.utf8,
            headers: RequestHeaders(),
            defaultModel: models.first,
            volatile: .standard
        )
        return try plan.jobs.filter { $0.sampling.choice == 0 }.map { job throws(DialectError) in
            guard models.contains(job.model) else {
                throw DialectError(.invalidRequest, "the model \"\(job.model)\" is not served here")
            }
            return WarmupPrompt(place: place, model: job.model, tenant: tenant, prompt: job.prompt)
        }
    }
}
