/// Names what something consists of: 32 digits that are the same wherever the bytes are.
///
/// BLAKE2b with 128 bits, over the parts with their lengths, so that no two lists of parts run together.
public enum ContentName {
    /// Nil where the system's library does not know the hash.
    public static func text(of parts: [[UInt8]]) -> String? {
        guard let hash = KeyedHash(key: Array("millrace content name".utf8), byteCount: 16) else {
            return nil
        }
        let counted = parts.flatMap { part in [Array("\(part.count) ".utf8), part] }
        return hash.value(of: counted).map { bytes in
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
    }
}
