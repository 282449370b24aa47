import Configuration
import Contract
import JSON
import KVCache
import Transformer

/// Ids to logits, at the last position or at all of them.
///
/// The lines of a batch go through the model in common steps, each in chunks, as the engine would do it.
struct LogitsSubject: InspectSubject {
    private struct Line {
        var index: Int
        var ids: [TokenID]
        var wantsAll: Bool
        var blocks: [BlockID] = []
        var computed = 0
        var rows: [[Float]] = []
    }

    private let inspected: InspectedModel

    init(_ options: InspectOptions) throws { inspected = try InspectedModel(options) }

    func answer(_ requests: [Result<InspectRequest, InspectError>]) -> [Result<[UInt8], InspectError>] {
        var answers: [Result<[UInt8], InspectError>] = requests.map { _ in
            .failure(InspectError("not computed"))
        }
        var lines: [Line] = []
        for (index, request) in requests.enumerated() {
            do throws(InspectError) {
                lines.append(try line(index, try request.get()))
            } catch {
                answers[index] = .failure(error)
            }
        }
        do {
            try compute(&lines)
            for line in lines { answers[line.index] = .success(text(of: line)) }
        } catch {
            for line in lines { answers[line.index] = .failure(InspectError("\(error)")) }
        }
        return answers
    }

    private func line(_ index: Int, _ request: InspectRequest) throws(InspectError) -> Line {
        guard let ids = try request.ids("ids") else { throw InspectError("\"ids\" is missing") }
        try inspected.check(ids)
        let positions = try request.text("positions") ?? "last"
        guard ["last", "all"].contains(positions) else {
            throw InspectError("\"positions\" must be \"last\" or \"all\", not \"\(positions)\"")
        }
        return Line(index: index, ids: ids, wantsAll: positions == "all")
    }

    private func compute(_ lines: inout [Line]) throws {
        giveBlocks(&lines)
        var logits: [Float] = []
        while lines.contains(where: { $0.computed < $0.ids.count }) {
            var input = ForwardInput()
            var members: [(line: Int, rows: Int)] = []
            for index in lines.indices {
                let line = lines[index]
                let left = line.ids.count - line.computed
                guard left > 0 else { continue }
                let count = inspected.chunkTokenCount == 0 ? left : min(left, inspected.chunkTokenCount)
                let wanted: ForwardInput.Wanted = line.wantsAll ? .all : count == left ? .last : .none
                input.tokens += line.ids[line.computed..<(line.computed + count)]
                input.spans.append(
                    .init(
                        rowCount: count,
                        computed: line.computed,
                        known: line.ids.count,
                        blocks: line.blocks,
                        wanted: wanted
                    )
                )
                lines[index].computed += count
                members.append((index, wanted == .all ? count : wanted == .last ? 1 : 0))
            }
            try inspected.model.forward(input, into: &logits)
            deal(logits, to: members, of: &lines)
        }
    }

    /// Each line gets blocks of its own, one behind the other.
    private func giveBlocks(_ lines: inout [Line]) {
        var next: UInt32 = 0
        for index in lines.indices {
            let size = inspected.model.blockTokens
            let count = (lines[index].ids.count + size - 1) / size
            lines[index].blocks = (0..<UInt32(count)).map { BlockID(rawValue: next + $0) }
            next += UInt32(count)
        }
    }

    private func deal(_ logits: [Float], to members: [(line: Int, rows: Int)], of lines: inout [Line]) {
        let width = inspected.model.vocabularySize
        var start = 0
        for member in members {
            for _ in 0..<member.rows {
                lines[member.line].rows.append(Array(logits[start..<(start + width)]))
                start += width
            }
        }
    }

    private func text(of line: Line) -> [UInt8] {
        var bytes = Array(#"{"logits":"#.utf8)
        if line.wantsAll { bytes.append(UInt8(ascii: "[")) }
        for (index, row) in line.rows.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(row, to: &bytes)
        }
        if line.wantsAll { bytes.append(UInt8(ascii: "]")) }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private func append(_ row: [Float], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        for (index, logit) in row.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            JSONWriter.append(logit, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }
}
