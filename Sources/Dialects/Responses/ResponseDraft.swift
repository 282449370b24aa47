internal import JSON

/// What a reply needs to know about its request for a response.
struct ResponseDraft: Sendable {
    var settings: ResponseSettings
    var input: ResponseInput
}
