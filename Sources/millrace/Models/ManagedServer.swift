import HttpClient
import JSON

/// A running server, asked about its models.
struct ManagedServer {
    enum Refused: Error, CustomStringConvertible {
        case unreachable(String, String)
        case answered(Int, String)
        case failed(String)
        case stopped

        var description: String {
            switch self {
            case .unreachable(let url, let reason): "\(url) does not answer: \(reason)"
            case .answered(_, let words): words
            case .failed(let reason): reason
            case .stopped: "stopped waiting; what was begun goes on"
            }
        }
    }

    /// Of an answer, which tells of at most a thousand workers.
    private static let answerBytes = 32 << 20
    private static let patienceSeconds = 30

    private let url: String
    private let key: String?

    init(url: String, key: String?) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.key = key
    }

    func get(_ path: String, model: String? = nil) throws(Refused) -> JSONValue {
        let query = model.map { "?model=" + Self.escaped($0) } ?? ""
        return try ask(path + query, body: nil)
    }

    func post(_ path: String, _ body: JSONObject) throws(Refused) -> JSONValue {
        try ask(path, body: JSONValue.object(body).serialized)
    }

    private func ask(_ path: String, body: [UInt8]?) throws(Refused) -> JSONValue {
        var request = Transfer.Request(url + path)
        request.body = body
        request.patienceSeconds = Self.patienceSeconds
        if let key { request.fields.append(("Authorization", "Bearer \(key)")) }
        var answer: [UInt8] = []
        let head: HttpReplyHead
        do throws(TransferError) {
            head = try Transfer.perform(request) { _, bytes in
                answer += bytes
                return answer.count <= Self.answerBytes
            }
        } catch {
            throw .unreachable(url, "\(error)")
        }
        let json = try? JSONValue(parsing: answer)
        guard (200..<300).contains(head.status), let json else {
            let words = json?["error"]?["message"]?.stringValue
            throw .answered(head.status, words ?? "\(url)\(path) answers with status \(head.status)")
        }
        return json
    }

    /// RFC 3986: all but unreserved characters.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            let scalar = UnicodeScalar(byte)
            let letter = Character(scalar)
            if scalar.isASCII, letter.isLetter || letter.isNumber || "-._~".contains(letter) {
                escaped.unicodeScalars.append(scalar)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                escaped += "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }
        return escaped
    }
}
