internal import Contract
internal import JSON

/// Appends the fields of a binary body; what `BodyReader` reads.
extension [UInt8] {
    mutating func append(integer number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }

    mutating func append(json value: JSONValue) { JSONWriter.append(value, to: &self) }

    mutating func append(job: JobID, _ attempt: Attempt) {
        append(job: job)
        append(integer: attempt.rawValue)
    }

    mutating func append(job: JobID) {
        append(integer: job.high)
        append(integer: job.low)
    }

    /// A count of 16 bits.
    mutating func append(_ field: String, count: Int, atMost limit: Int) throws(FrameError) {
        try requireWritable(field, count, atMost: limit)
        append(integer: UInt16(truncatingIfNeeded: count))
    }

    /// A text behind its length in 8 or 16 bits, as `Length` says.
    mutating func append<Length: FixedWidthInteger>(
        _ field: String,
        text: String,
        length: Length.Type,
        atMost limit: Int
    ) throws(FrameError) {
        try requireWritable("\(field) in bytes", text.utf8.count, atMost: limit)
        append(integer: Length(truncatingIfNeeded: text.utf8.count))
        append(contentsOf: text.utf8)
    }
}
