internal import Console
internal import Templates

extension ModelReport {
    /// For a terminal: a line per fact, and what is wrong at the end.
    public var text: String {
        var rows: [[String]] = [["Model", name.map { "\($0)  \(path)" } ?? path]]
        rows.append(["Family", "\(architecture?.family ?? "unknown"), \(format)"])
        rows += architecture.map(shapeRows) ?? []
        if let weights { rows += weightRows(weights) }
        rows += keyValueRows
        if let tokenizer { rows.append(["Tokenizer", line(tokenizer)]) }
        if let template { rows.append(["Template", line(template)]) }
        rows.append(["Memory", memoryLine])
        rows += problems.map { ["Problem", $0] }
        return harmless(TextTable(rows, leftColumnCount: 2).lines.joined(separator: "\n"))
    }

    private func shapeRows(_ shape: ArchitectureFacts) -> [[String]] {
        var parts: [String] = []
        if let count = shape.layerCount { parts.append("\(grouped(count)) layers") }
        if let size = shape.hiddenSize { parts.append("\(grouped(size)) wide") }
        if let count = shape.headCount, let size = shape.headSize {
            let shared =
                shape.keyValueHeadCount.map { $0 == count ? "" : ", \($0) for keys and values" } ?? ""
            parts.append("\(count) heads of \(size)\(shared)")
        }
        if let size = shape.feedForwardSize { parts.append("feed-forward \(grouped(size))") }
        var rows = parts.isEmpty ? [] : [["Shape", parts.joined(separator: ", ")]]
        if let count = shape.expertCount {
            let active = shape.activeExpertCount.map { ", \($0) active" } ?? ""
            let size = shape.expertFeedForwardSize.map { ", feed-forward \(grouped($0))" } ?? ""
            rows.append(["Experts", "\(count)\(active)\(size)"])
        }
        if let count = shape.contextTokenCount {
            let scaling = shape.ropeScaling.map { ", positions scaled \($0)" } ?? ""
            let window = shape.windowTokenCount.map {
                ", a window of \(grouped($0)) in \(shape.windowedLayerCount) layers"
            }
            rows.append(["Context", "\(grouped(count)) tokens\(scaling)\(window ?? "")"])
        }
        return rows
    }

    private func weightRows(_ weights: WeightFacts) -> [[String]] {
        let active = architecture.map { weights.activeParameterCount($0) } ?? weights.parameterCount
        let note = active == weights.parameterCount ? "" : ", \(parameterText(active)) active"
        let shares = weights.shares.map { share in
            let percent = Double(share.byteCount) * 100 / Double(max(1, weights.byteCount))
            return "\(share.type) " + (percent < 1 ? "below 1 %" : "\(Int(percent.rounded())) %")
        }
        let parts = (weights.packing.map { [$0] } ?? []) + [shares.joined(separator: ", ")]
        return [
            ["Parameters", parameterText(weights.parameterCount) + note],
            ["Weights", "\(byteText(weights.byteCount)): \(parts.joined(separator: "; "))"],
        ]
    }

    private var keyValueRows: [[String]] {
        guard let half = keyValues(elementBytes: 2), let full = keyValues(elementBytes: 4),
            let small = product(half.bytesPerToken, 1000), let large = product(full.bytesPerToken, 1000)
        else { return [] }
        let windowed = half.windowedContextBytes.map { "; windows at full context: \(byteText($0))" } ?? ""
        return [
            [
                "Keys, values",
                "\(byteText(small)) per 1,000 tokens in f16, \(byteText(large)) in f32\(windowed)",
            ]
        ]
    }

    private func line(_ tokenizer: TokenizerFacts) -> String {
        var parts = ["\(tokenizer.kind), \(grouped(tokenizer.vocabularySize)) tokens"]
        if let begin = tokenizer.begin { parts.append("begins with \(begin.shown)") }
        if let end = tokenizer.end { parts.append("ends with \(end.shown)") }
        if !tokenizer.endIDs.isEmpty {
            parts.append("answers end at \(tokenizer.endIDs.map { "\($0)" }.joined(separator: ", "))")
        }
        return parts.joined(separator: "; ")
    }

    private func line(_ template: TemplateFacts) -> String {
        guard !template.names.isEmpty else { return "none" }
        let names = template.names.joined(separator: ", ")
        guard let found = template.capabilities else { return names }
        let flags = [
            ("system role", found.showsSystemRole), ("tools", found.showsTools),
            ("thinking", found.knowsThinking),
        ]
        return names + flags.map { name, isThere in (isThere ? "; " : "; no ") + name }.joined()
    }

    private var memoryLine: String {
        let available = availableBytes.map { "\(byteText($0)) available" } ?? "unknown"
        guard let fit else { return available }
        return switch fit.verdict {
        case .fullContext: "\(available): fits with its full context"
        case .eightThousandTokens:
            "\(available): fits with up to \(grouped(fit.tokenCount)) tokens of context"
        case .no where fit.tokenCount == 0: "\(available): the weights do not fit"
        case .no: "\(available): fits with \(grouped(fit.tokenCount)) tokens of context only"
        }
    }
}

extension TokenizerFacts.Special {
    fileprivate var shown: String { text + (id.map { " (\($0))" } ?? " (not in the vocabulary)") }
}

/// `596 M`, `8.0 B`: as the names of models count.
public func parameterText(_ count: Int) -> String {
    let units: [(Int, String)] = [
        (1_000_000_000_000, "T"), (1_000_000_000, "B"), (1_000_000, "M"), (1000, "K"),
    ]
    guard let (size, unit) = units.first(where: { count >= $0.0 }) else { return "\(count)" }
    let tenths = Int((Double(count) / Double(size) * 10).rounded())
    return tenths >= 1000 ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
}

/// Digits in groups of three.
func grouped(_ count: Int) -> String {
    var text = ""
    for (index, digit) in String(count).reversed().enumerated() {
        if index > 0 && index % 3 == 0 && digit != "-" { text.append(",") }
        text.append(digit)
    }
    return String(text.reversed())
}
