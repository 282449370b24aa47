import JSON

/// A figure over all rounds.
struct Spread {
    var median: Double
    var least: Double
    var most: Double

    init(_ values: [Double]) {
        let sorted = values.sorted()
        least = sorted.first ?? 0
        most = sorted.last ?? 0
        let middle = sorted.count / 2
        median =
            sorted.isEmpty
            ? 0 : sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// `12 (11–14)`.
    func text(_ write: (Double) -> String) -> String { "\(write(median)) (\(write(least))–\(write(most)))" }

    var json: JSONValue { ["median": .number(median), "min": .number(least), "max": .number(most)] }
}

/// With that many digits behind the point.
func fixed(_ number: Double, _ digitCount: Int) -> String {
    var scale = 1.0
    for _ in 0..<digitCount { scale *= 10 }
    let scaled = (number.magnitude * scale).rounded()
    let sign = number < 0 && scaled > 0 ? "-" : ""
    guard digitCount > 0 else { return "\(sign)\(UInt64(scaled))" }
    let (whole, rest) = UInt64(scaled).quotientAndRemainder(dividingBy: UInt64(scale))
    let digits = "\(rest)"
    return "\(sign)\(whole).\(String(repeating: "0", count: digitCount - digits.count))\(digits)"
}
