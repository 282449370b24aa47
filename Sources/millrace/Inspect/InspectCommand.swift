import Configuration
import Glibc
import JSON
import ModelStore

/// `millrace inspect`: reads JSON lines, writes one JSON line each, in order; a bad line gives an error line.
///
/// This is how the parts are held against other implementations, so nothing here is clever: each subject
/// calls the very code that serves.
struct InspectCommand {
    private let options: InspectOptions

    init(_ options: InspectOptions) throws {
        var options = options
        if options.subject.needsModel {
            let store = ModelStore(root: options.modelsDirectory)
            options.modelPath = try store.locate(options.modelPath).path
            options.guessing.draftModelPath = try options.guessing.draftModelPath.map {
                try store.locate($0).path
            }
        }
        self.options = options
    }

    func run() throws {
        let subject = try makeSubject()
        var lines = LineReader(descriptor: 0)
        var batch: [String] = []
        while let line = lines.next() {
            guard !line.allSatisfy(\.isWhitespace) else { continue }
            batch.append(line)
            guard batch.count >= options.batchSize else { continue }
            answer(&batch, subject)
        }
        answer(&batch, subject)
    }

    private func makeSubject() throws -> any InspectSubject {
        switch options.subject {
        case .tokenize: try TokenizeSubject(path: options.modelPath)
        case .detokenize: try DetokenizeSubject(path: options.modelPath)
        case .render: try RenderSubject(path: options.modelPath)
        case .logits: try LogitsSubject(options)
        case .generate: try GenerateSubject(options)
        case .embed: try EmbedSubject(options)
        case .accepts: AcceptsSubject()
        case .sample: SampleSubject()
        case .dequantize: DequantizeSubject()
        }
    }

    private func answer(_ batch: inout [String], _ subject: any InspectSubject) {
        guard !batch.isEmpty else { return }
        let requests = batch.map { line -> Result<InspectRequest, InspectError> in
            do throws(InspectError) {
                return .success(try InspectRequest(line))
            } catch {
                return .failure(error)
            }
        }
        var bytes: [UInt8] = []
        for answer in subject.answer(requests) {
            switch answer {
            case .success(let line): bytes += line
            case .failure(let error): JSONWriter.append(error.json, to: &bytes)
            }
            bytes.append(UInt8(ascii: "\n"))
        }
        Millrace.say(String(decoding: bytes, as: UTF8.self), to: 1)
        batch = []
    }
}

/// One part of a model that can be tried.
protocol InspectSubject {
    /// One answer per request, in order; a request that could not be read keeps its error.
    func answer(_ requests: [Result<InspectRequest, InspectError>]) -> [Result<[UInt8], InspectError>]
}

/// A subject whose lines have nothing to do with each other.
protocol LineSubject: InspectSubject {
    func answer(_ request: InspectRequest) throws(InspectError) -> [UInt8]
}

extension LineSubject {
    func answer(_ requests: [Result<InspectRequest, InspectError>]) -> [Result<[UInt8], InspectError>] {
        requests.map { request in
            request.flatMap { request in
                do throws(InspectError) {
                    return .success(try answer(request))
                } catch {
                    return .failure(error)
                }
            }
        }
    }
}

/// Why a line has no answer.
struct InspectError: Error {
    var message: String
    /// Further members of the error line.
    var details: JSONObject = [:]

    init(_ message: String, details: JSONObject = [:]) {
        self.message = message
        self.details = details
    }

    var json: JSONValue {
        var object: JSONObject = ["error": .string(message)]
        for (key, value) in details { object[key] = value }
        return .object(object)
    }
}

/// Lines of a descriptor, without their ends.
struct LineReader {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    init(descriptor: Int32) { self.descriptor = descriptor }

    mutating func next() -> String? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return String(decoding: buffer[start..<end], as: UTF8.self)
            }
            searched = buffer.count
            guard !isAtEnd else {
                defer { start = buffer.count }
                return start < buffer.count ? String(decoding: buffer[start...], as: UTF8.self) : nil
            }
            searched -= start
            buffer.removeFirst(start)
            start = 0
            fill()
        }
    }

    private mutating func fill() {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        if count > 0 { buffer += chunk.prefix(count) } else { isAtEnd = true }
    }
}
