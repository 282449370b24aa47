internal import Http
internal import JSON

extension HttpFault {
    /// A request that could not be read has no dialect yet; OpenAI's shape is the one that most clients can
    /// show.
    var openAIBody: [UInt8] {
        let error: JSONObject = [
            "message": .string(sentence), "type": "invalid_request_error", "param": nil, "code": nil,
        ]
        return JSONValue.object(["error": .object(error)]).serialized
    }
}
