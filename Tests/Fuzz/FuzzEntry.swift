internal import Glibc

// What libFuzzer calls, by the names that it knows. The format is named in the environment, so that one
// program serves them all.

private let format: HostileFormat = {
    let name = getenv("MILLRACE_FUZZ").map { String(cString: $0) } ?? ""
    guard let format = HostileFormat(rawValue: name) else {
        print("fuzz: MILLRACE_FUZZ names one of", HostileFormat.allCases.map(\.rawValue))
        exit(2)
    }
    return format
}()

/// Bounds the memory of the whole process.
///
/// libFuzzer looks at what is in use once a second; this meets an allocation that is wild at once, touched or
/// not, and the input that asks for it crashes.
@_cdecl("LLVMFuzzerInitialize")
public func beginFuzzing(
    _ count: UnsafeMutableRawPointer?,
    _ words: UnsafeMutableRawPointer?
) -> Int32 {
    _ = format
    guard let text = getenv("MILLRACE_FUZZ_MEMORY"), let megabytes = rlim_t(String(cString: text)) else {
        return 0
    }
    var limit = rlimit(rlim_cur: megabytes << 20, rlim_max: megabytes << 20)
    guard setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit) == 0 else { exit(2) }
    return 0
}

/// Reads one input as the format says.
@_cdecl("LLVMFuzzerTestOneInput")
public func readOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    format.read(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

/// Makes another input of one, in place; answers how long it is.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutateInput(
    _ start: UnsafeMutablePointer<UInt8>,
    _ count: Int,
    _ capacity: Int,
    _ seed: UInt32
) -> Int {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    guard seed % 4 == 0 else {
        let mutated = format.mutated(input, seed: seed) ?? mutateHeader(input, room: capacity)
        guard mutated.count <= capacity else { return count }
        _ = UnsafeMutableBufferPointer(start: start, count: mutated.count).update(fromContentsOf: mutated)
        return mutated.count
    }
    return mutateBytes(start, count, capacity)
}

/// Spares the zeros at the end, which are weights: they take most of a file, and no byte of them is read.
private func mutateHeader(_ input: [UInt8], room: Int) -> [UInt8] {
    let zeros = input.reversed().prefix { $0 == 0 }.count
    var header = Array(input.dropLast(zeros))
    let (count, capacity) = (header.count, room - zeros)
    header += [UInt8](repeating: 0, count: capacity - count)
    let mutatedCount = header.withUnsafeMutableBufferPointer { buffer in
        buffer.baseAddress.map { mutateBytes($0, count, capacity) } ?? 0
    }
    return header.prefix(mutatedCount) + [UInt8](repeating: 0, count: zeros)
}

/// libFuzzer's own mutations: bits, bytes, words of the dictionary, what comparisons were about.
@_silgen_name("LLVMFuzzerMutate")
private func mutateBytes(_ start: UnsafeMutablePointer<UInt8>, _ count: Int, _ capacity: Int) -> Int
