import Contract
import Ownership
import TestSupport
import Testing

@Suite struct `A worker's book of what it holds` {
    private func link(_ number: UInt64) -> PrefixLink { PrefixLink(high: number, low: ~number) }

    private func stored(_ number: UInt64, tokens: UInt32 = 16) -> HoldingChange {
        .stored(Holding(link(number), tokens: tokens))
    }

    /// Everything that is to be told.
    private func told(_ ledger: inout HoldingsLedger) -> [HoldingsReport] {
        var reports: [HoldingsReport] = []
        while let report = ledger.takeReport() { reports.append(report) }
        return reports
    }

    private func applyAll(_ ledger: inout HoldingsLedger, to book: inout HoldingsBook, isUseful: Bool = true)
    {
        for report in told(&ledger) {
            let isTaken = book.apply(report)
            #expect(isTaken == isUseful)
        }
    }

    @Test func `is told from the beginning, once, and then as it changes`() {
        var ledger = HoldingsLedger()
        ledger.note([stored(1), stored(2), stored(2)])
        let first = told(&ledger)
        #expect(first == [HoldingsReport(sequence: 1, restarts: true, changes: [stored(1), stored(2)])])
        let nothing = told(&ledger)
        #expect(nothing.isEmpty)
        ledger.note([.dropped(link(1)), .dropped(link(9))])
        let second = told(&ledger)
        #expect(second == [HoldingsReport(sequence: 2, changes: [.dropped(link(1))])])
        ledger.restart()
        let third = told(&ledger)
        #expect(third == [HoldingsReport(sequence: 3, restarts: true, changes: [stored(2)])])
    }

    @Test func `tells little at a time`() {
        var ledger = HoldingsLedger()
        ledger.note((0..<10_000).map { stored($0) })
        let reports = told(&ledger)
        #expect(reports.map(\.changes.count) == [4096, 4096, 1808])
        #expect(reports.map(\.restarts) == [true, false, false])
        let digests = [ledger.takeDigest(), ledger.takeDigest()]
        #expect(digests.map { $0?.count } == [10_000, nil])
    }

    @Test func `does not grow with what comes and goes while nobody listens`() {
        var ledger = HoldingsLedger()
        for round in 0..<100 as Range<UInt64> {
            ledger.note((0..<500).map { stored(round * 1000 + $0) })
            ledger.note((0..<500).map { .dropped(link(round * 1000 + $0)) })
        }
        #expect(ledger.pendingCount <= HoldingsReport.changeLimit + 1000)
    }

    @Test func `is that of the coordinator once all is told`() {
        var random = SplitMix64(seed: 5)
        var ledger = HoldingsLedger()
        var book = HoldingsBook()
        for _ in 0..<500 {
            let change: HoldingChange =
                random.next() % 3 == 0
                ? .dropped(link(random.next() % 40))
                : stored(random.next() % 40, tokens: UInt32(random.next() % 3))
            ledger.note([change])
            if random.next() % 40 == 0 { ledger.restart() }
            guard random.next() % 5 == 0 else { continue }
            applyAll(&ledger, to: &book)
            #expect(book.agrees(with: ledger.digest))
        }
    }

    @Test func `is found to differ when a report is missing, until all is told again`() {
        var ledger = HoldingsLedger()
        var book = HoldingsBook()
        #expect(!book.agrees(with: ledger.digest))
        ledger.note([stored(1)])
        applyAll(&ledger, to: &book)
        ledger.note([stored(2)])
        _ = told(&ledger)
        #expect(!book.agrees(with: ledger.digest))
        ledger.note([stored(3)])
        applyAll(&ledger, to: &book, isUseful: false)
        ledger.restart()
        applyAll(&ledger, to: &book)
        #expect(book.agrees(with: ledger.digest))
    }

    @Test func `is found to differ when a change was lost on the way`() {
        var ledger = HoldingsLedger()
        var book = HoldingsBook()
        ledger.note([stored(1), stored(2), .dropped(link(1))])
        for var report in told(&ledger) {
            report.changes.removeLast()
            _ = book.apply(report)
        }
        #expect(!book.agrees(with: ledger.digest))
    }
}
