internal import Synchronization

/// One label of a figure.
struct MetricLabel: Hashable, Sendable {
    var name: String
    var value: String

    init(name: String, value: String) {
        precondition(isMetricName(name), "a label is named [a-zA-Z_][a-zA-Z0-9_]*, not \(name)")
        self.name = name
        self.value = value
    }
}

/// The name of a family of figures and what it means.
struct MetricDescription {
    var name: String
    var help: String
}

/// All the figures of a process, by family.
///
/// A family holds at most `maximumSeriesCount` series: a label may take its value from outside (a model's
/// name, say), and past the limit all further ones share a series whose label values are `other`.
final class MetricRegistry: Sendable {
    static let maximumSeriesCount = 1000

    private struct Family {
        var help: String
        var kind: String
        var series: [(labels: [MetricLabel], instrument: any Instrument)] = []
        var places: [[MetricLabel]: Int] = [:]
    }

    private let families = Mutex<[String: Family]>([:])

    func instrument<I: Instrument>(
        _ description: MetricDescription,
        _ labels: [MetricLabel],
        _ make: () -> I
    ) -> I {
        let name = description.name
        precondition(isMetricName(name), "a metric is named [a-zA-Z_][a-zA-Z0-9_]*, not \(name)")
        return families.withLock { families in
            var family = families[name] ?? Family(help: description.help, kind: I.kind)
            precondition(family.kind == I.kind, "\(name) is a \(family.kind) and cannot be a \(I.kind) too")
            var labels = labels
            if family.places[labels] == nil && family.series.count >= Self.maximumSeriesCount {
                for index in labels.indices { labels[index].value = "other" }
            }
            if let place = family.places[labels], let found = family.series[place].instrument as? I {
                return found
            }
            let made = make()
            family.places[labels] = family.series.count
            family.series.append((labels, made))
            families[name] = family
            return made
        }
    }

    func rendered() -> String {
        let families = families.withLock { $0 }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(escaped(family.help, quotes: false))\n# TYPE \(name) \(family.kind)\n"
            for (labels, instrument) in family.series {
                for sample in instrument.samples() {
                    text += name + sample.suffix + labelText(labels + sample.labels)
                    text += " \(numberText(sample.value))\n"
                }
            }
        }
        return text
    }

    private func labelText(_ labels: [MetricLabel]) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",")
            + "}"
    }
}

/// One number of an instrument when it is rendered.
struct MetricSample {
    var suffix = ""
    var labels: [MetricLabel] = []
    var value: Double
}

/// What can be registered and rendered.
protocol Instrument: AnyObject, Sendable {
    /// The word behind `# TYPE`.
    static var kind: String { get }
    func samples() -> [MetricSample]
}

/// A number as the text format wants it: integers without a fraction, `+Inf`, `-Inf`, `NaN`.
func numberText(_ value: Double) -> String {
    if let whole = Int64(exactly: value) { return "\(whole)" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return value.isNaN ? "NaN" : "\(value)"
}

private func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\"" where quotes: result += "\\\""
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

private func isMetricName(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
        return false
    }
    return name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
