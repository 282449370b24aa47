internal import CPCRE2

/// A compiled pattern that finds its matches in linear passes.
///
/// Patterns are written for Oniguruma and run on PCRE2 with its JIT compiler; `OnigurumaPattern` translates.
/// The compiled code never changes after `init`, which is what makes it sendable; what a match writes is in
/// `MatchMemory`.
final class RegularExpression: @unchecked Sendable {
    private let code: OpaquePointer
    private let isCompiledToMachineCode: Bool

    init(_ pattern: [UInt8], path: String) throws(TokenizerError) {
        guard pattern.count <= Limits.patternBytes else {
            throw TokenizerError("\(path) is longer than \(Limits.patternBytes) bytes")
        }
        let translated: [UInt8]
        do {
            translated = try OnigurumaPattern.translate(pattern)
        } catch {
            throw TokenizerError("\(path) \(error.message)")
        }
        var failure: Int32 = 0
        var offset = 0
        let options = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C
        guard let code = pcre2_compile_8(translated, translated.count, options, &failure, &offset, nil) else {
            throw TokenizerError("\(path) is not a pattern that can be used: \(Self.message(failure))")
        }
        self.code = code
        isCompiledToMachineCode = pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE) == 0
    }

    deinit { pcre2_code_free_8(code) }

    /// True when `pattern` compiles as it stands.
    static func accepts(_ pattern: [UInt8]) -> Bool {
        var failure: Int32 = 0
        var offset = 0
        guard
            let code = pcre2_compile_8(pattern, pattern.count, PCRE2_UTF | PCRE2_UCP, &failure, &offset, nil)
        else {
            return false
        }
        pcre2_code_free_8(code)
        return true
    }

    /// Calls `body` with every match, left to right.
    ///
    /// An empty match directly behind the last one is skipped. A match that gives up on its work limits
    /// counts as no match: the rest stays in one piece.
    func forEachMatch(in text: Bytes, _ memory: MatchMemory, _ body: (Range<Int>) -> Void) {
        var searchStart = 0
        var lastEnd = -1
        while searchStart <= text.count, let match = firstMatch(in: text, from: searchStart, memory) {
            if match.isEmpty, match.lowerBound == lastEnd {
                // The search goes on from one character further, not from the match.
                searchStart += searchStart < text.count ? text.scalar(at: searchStart).byteCount : 1
                continue
            }
            searchStart = match.upperBound
            lastEnd = match.upperBound
            body(match)
        }
    }

    private func firstMatch(in text: Bytes, from start: Int, _ memory: MatchMemory) -> Range<Int>? {
        var result: Int32 = PCRE2_ERROR_JIT_BADOPTION
        if isCompiledToMachineCode {
            result = pcre2_jit_match_8(
                code,
                text.baseAddress,
                text.count,
                start,
                0,
                memory.data,
                memory.context
            )
        }
        if result == PCRE2_ERROR_JIT_BADOPTION || result == PCRE2_ERROR_JIT_STACKLIMIT {
            let options = PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT
            result = pcre2_match_8(
                code,
                text.baseAddress,
                text.count,
                start,
                options,
                memory.data,
                memory.context
            )
        }
        guard result >= 0, let bounds = pcre2_get_ovector_pointer_8(memory.data) else { return nil }
        // A look-behind assertion with \K could otherwise end before it starts.
        return bounds[0] <= bounds[1] && bounds[1] <= text.count ? bounds[0]..<bounds[1] : nil
    }

    private static func message(_ code: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let length = pcre2_get_error_message_8(code, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, Int(length))), as: UTF8.self)
    }
}

/// Where a match writes its bounds: one per call of `encode`, shared by all patterns, because bounds are read
/// out before the next match starts.
final class MatchMemory {
    let data: OpaquePointer?
    let context: OpaquePointer?

    init() {
        data = pcre2_match_data_create_8(1, nil)
        context = pcre2_match_context_create_8(nil)
        pcre2_set_match_limit_8(context, 50_000_000)
        pcre2_set_heap_limit_8(context, 64 << 10)  // kibibytes
    }

    deinit {
        pcre2_match_data_free_8(data)
        pcre2_match_context_free_8(context)
    }
}
