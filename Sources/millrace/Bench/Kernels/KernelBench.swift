import CKernels
import Configuration
import Console
import JSON

/// `millrace bench kernels`: each kernel by itself, next to what the machine can do at best.
struct KernelBench {
    let options: KernelBenchOptions

    private struct Finding {
        var kernel: String
        var tokens: Int
        var threadCount: Int
        /// Operations, or numbers, a second.
        var rate: Double
        /// Of weights, or of keys and values.
        var bytesPerSecond = 0.0
        /// Of the limit that bounds it, from 0 to 1.
        var share: Double?

        var json: JSONValue {
            [
                "kernel": .string(kernel), "tokens": .integer(Int64(tokens)),
                "threads": .integer(Int64(threadCount)), "per_second": .number(rate),
                "bytes_per_second": .number(bytesPerSecond),
                "share_of_limit": share.map { .number($0) } ?? .null,
            ]
        }
    }

    func run() throws {
        let others = OtherLoad()
        let limits = try MachineLimits(threadCounts: [options.threadCount])
        Millrace.say(
            """
            \(MachineFacts().processor), \(options.threadCount) threads, \(String(cString: ck_path())); \
            memory \(fixed(limits.reading.best, 1)) GB/s, fp32 \(fixed(limits.floats.best, 0)) Gop/s, int8 \
            \(fixed(limits.bytes.best, 0)) Gop/s
            """,
            to: 1
        )
        let findings = try matrices(limits) + attention(limits) + vectors() + masks(limits)
        if others.share > OtherLoad.tolerable {
            Millrace.say("others used \(fixed(others.share * 100, 0)) % of the CPUs meanwhile", to: 1)
        }
        guard let path = options.jsonPath else { return }
        let json: JSONValue = [
            "subject": "kernels", "version": .string(Millrace.version),
            "kernels": .string(String(cString: ck_path())), "machine": limits.json,
            "others_share": .number(others.share), "measurements": .array(findings.map(\.json)),
        ]
        try NewFile.write(json.serialized + [0x0A], to: path)
    }

    private func matrices(_ limits: MachineLimits) throws -> [Finding] {
        let counts = options.tokenCounts.filter { $0 <= MatrixSubject.mostTokens }
        var rows = [["matrix x tokens, Gop/s"] + counts.map { "\($0)" } + ["GB/s at \(counts.first ?? 1)"]]
        var all: [Finding] = []
        let progress = ProgressLine(stepCount: MatrixSubject.types.count)
        for (name, type) in MatrixSubject.types {
            progress.step(name)
            let subject = try MatrixSubject(type: type)
            let findings = try counts.map { try finding(name, subject, tokens: $0, limits) }
            all += findings
            let first = findings.first
            let share = first?.share.map { " (\(fixed($0 * 100, 0)) %)" } ?? ""
            rows.append(
                [name] + findings.map { fixed($0.rate / 1e9, 0) }
                    + [fixed((first?.bytesPerSecond ?? 0) / 1e9, 1) + share]
            )
        }
        progress.clear()
        Millrace.say("\n" + TextTable(rows, leftColumnCount: 1).lines.joined(separator: "\n"), to: 1)
        return all
    }

    private func finding(
        _ name: String,
        _ subject: MatrixSubject,
        tokens: Int,
        _ limits: MachineLimits
    ) throws -> Finding {
        let rate = try ThreadedRate.best(
            of: { subject.multiply(tokens: tokens, part: $0, of: $1) },
            threadCount: options.threadCount
        )
        let bytes = rate * subject.bytesPerOperation(tokens: tokens)
        let peak = (subject.isRounded ? limits.bytes.best : limits.floats.best) * 1e9
        return Finding(
            kernel: name,
            tokens: tokens,
            threadCount: options.threadCount,
            rate: rate,
            bytesPerSecond: bytes,
            share: max(bytes / (limits.reading.best * 1e9), rate / peak)
        )
    }

    /// One token over many positions is bound by memory, the rows of a prompt by arithmetic.
    private func attention(_ limits: MachineLimits) throws -> [Finding] {
        var rows = [["attention over positions", "tokens", "GB/s", "Gop/s", "of limit"]]
        var all: [Finding] = []
        for (name, kind) in AttentionSubject.kinds {
            for (positions, tokens) in [(1024, 1), (4096, 1), (1024, AttentionSubject.promptRows)] {
                let subject = try AttentionSubject(
                    kind: kind,
                    positions: positions,
                    tokens: tokens,
                    threadCount: options.threadCount
                )
                let rate = try ThreadedRate.best(of: subject.attend, threadCount: options.threadCount)
                let bytes = rate * subject.bytesPerOperation
                let share = max(bytes / (limits.reading.best * 1e9), rate / (limits.floats.best * 1e9))
                all.append(
                    Finding(
                        kernel: "attention \(name) over \(positions)",
                        tokens: tokens,
                        threadCount: options.threadCount,
                        rate: rate,
                        bytesPerSecond: bytes,
                        share: share
                    )
                )
                rows.append([
                    "\(name) over \(positions)", "\(tokens)", fixed(bytes / 1e9, 1), fixed(rate / 1e9, 1),
                    "\(fixed(share * 100, 0)) %",
                ])
            }
        }
        Millrace.say("\n" + TextTable(rows, leftColumnCount: 1).lines.joined(separator: "\n"), to: 1)
        return all
    }

    private func vectors() throws -> [Finding] {
        let memory = try BenchMemory(
            byteCount: VectorSubject.memoryByteCount(threadCount: options.threadCount)
        )
        let findings = try VectorSubject.allCases.map { subject in
            Finding(
                kernel: subject.rawValue,
                tokens: 1,
                threadCount: options.threadCount,
                rate: try ThreadedRate.best(
                    of: { part, _ in subject.run(memory, part: part) },
                    threadCount: options.threadCount,
                    window: .milliseconds(50)
                )
            )
        }
        let rows = [["numbers in the cache", "G/s"]] + findings.map { [$0.kernel, fixed($0.rate / 1e9, 2)] }
        Millrace.say("\n" + TextTable(rows, leftColumnCount: 1).lines.joined(separator: "\n"), to: 1)
        return findings
    }

    /// What constraints cost beside a step of a small model for one stream, which reads all its weights.
    private func masks(_ limits: MachineLimits) throws -> [Finding] {
        let step = MaskSubject.stepBytes / (limits.reading.best * 1e9)
        let subject = MaskSubject()
        var rows = [
            [
                "masks of \(MaskSubject.tokenCount) tokens", "compiled, ms", "first, µs", "later, µs",
                "of a step",
            ]
        ]
        var findings: [Finding] = []
        for (name, constraint, seconds) in try MaskSubject.constraints() {
            let cost = try subject.cost(of: constraint)
            rows.append([
                name, fixed(seconds * 1e3, 1), fixed(cost.first * 1e6, 0), fixed(cost.later * 1e6, 0),
                "\(fixed(cost.later / step * 100, 2)) %",
            ])
            findings.append(
                Finding(
                    kernel: "mask, \(name)",
                    tokens: 1,
                    threadCount: 1,
                    rate: 1 / cost.later,
                    share: cost.later / step
                )
            )
        }
        Millrace.say("\n" + TextTable(rows, leftColumnCount: 1).lines.joined(separator: "\n"), to: 1)
        return findings
    }
}
