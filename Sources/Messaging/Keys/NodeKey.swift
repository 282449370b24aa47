internal import CZeroMQ

/// Names a node beyond doubt: the public half of its pair of keys, 40 characters of Z85.
///
/// Z85 has neither quotes nor backslashes, so a key stands in JSON as it is.
public struct PublicKey: Hashable, Sendable, CustomStringConvertible {
    static let length = 40

    public let description: String

    /// Nil for what is no key.
    public init?(_ text: String) {
        guard let bytes = Z85.decode(text), bytes.count == 32 else { return nil }
        description = text
    }
}

/// A node's pair of CURVE keys.
///
/// The secret half shows in no description.
public struct NodeKey: Sendable, CustomStringConvertible {
    public let publicKey: PublicKey
    /// For the file that it is kept in, and for nothing else.
    public let secret: String

    public var description: String { publicKey.description }

    /// Draws a new pair.
    public init() throws(MessagingError) {
        var publicText = [CChar](repeating: 0, count: PublicKey.length + 1)
        var secretText = publicText
        guard zmq_curve_keypair(&publicText, &secretText) == 0 else { throw .last("zmq_curve_keypair") }
        guard let key = PublicKey(Z85.text(publicText)) else { throw .last("zmq_curve_keypair") }
        publicKey = key
        secret = Z85.text(secretText)
    }

    /// The pair whose secret half was kept; nil for what is no key.
    public init?(secret: String) {
        guard PublicKey(secret) != nil else { return nil }
        var publicText = [CChar](repeating: 0, count: PublicKey.length + 1)
        guard zmq_curve_public(&publicText, secret) == 0, let key = PublicKey(Z85.text(publicText)) else {
            return nil
        }
        publicKey = key
        self.secret = secret
    }
}

/// ZeroMQ's way of writing keys.
private enum Z85 {
    static func decode(_ text: String) -> [UInt8]? {
        guard text.utf8.count == PublicKey.length, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return nil
        }
        var bytes = [UInt8](repeating: 0, count: PublicKey.length / 5 * 4)
        return zmq_z85_decode(&bytes, text) == nil ? nil : bytes
    }

    static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
