/// The two versions that are spoken.
public enum HttpVersion: Sendable {
    case http10
    case http11
}
