internal import CCrypto

/// Computes a file's digest while its bytes pass by.
final class DigestStream {
    private let digest: FileDigest
    private let context: OpaquePointer

    /// `byteCount`: of the whole file, which a git blob's digest begins with.
    init(_ digest: FileDigest, byteCount: Int) throws(StoreError) {
        guard let context = EVP_MD_CTX_new() else {
            throw .refused("there is no memory for a checksum")
        }
        self.digest = digest
        self.context = context
        let algorithm =
            switch digest {
            case .sha256: EVP_sha256()
            case .gitBlob: EVP_sha1()
            }
        guard EVP_DigestInit_ex(context, algorithm, nil) == 1 else {
            throw .refused("this system's OpenSSL does not compute SHA-1 and SHA-256")
        }
        if case .gitBlob = digest {
            Array("blob \(byteCount)\0".utf8).withUnsafeBytes { update($0) }
        }
    }

    deinit { EVP_MD_CTX_free(context) }

    func update(_ bytes: UnsafeRawBufferPointer) { EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) }

    /// The digest in small hexadecimal letters; nothing may be added any more.
    func finish() -> String {
        var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        EVP_DigestFinal_ex(context, &bytes, &count)
        return bytes.prefix(Int(count)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
