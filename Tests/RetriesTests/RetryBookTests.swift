import Contract
import Retries
import TestSupport
import Testing

@Suite struct `A book of replies` {
    private static func digest(_ text: String) -> RequestDigest { RequestDigest(Array(text.utf8)) }

    private static func keyed(_ key: String, body: String = "body") -> RepeatableRequest {
        RepeatableRequest(key: digest(key), whole: digest(body))
    }

    /// As a client library asks that tries again by itself.
    private static func tried(_ count: Int, body: String = "body") -> RepeatableRequest {
        var request = RepeatableRequest(whole: digest(body))
        (request.comesAgain, request.isRetry) = (true, count > 0)
        return request
    }

    private static func inCompany(_ body: String = "body") -> RepeatableRequest {
        var request = RepeatableRequest(whole: digest(body))
        request.wantsCompany = true
        return request
    }

    private let start = Instant.zero
    private var policy = RetryPolicy()

    @Test func `joins a request with the same key to the reply that is made, and replays it when it is done`()
    {
        var book = RetryBook()
        #expect(book.look(Self.keyed("a"), at: start) == .fresh)
        let (number, _) = book.begin(Self.keyed("a"))
        #expect(book.keeps(number))
        #expect(book.look(Self.keyed("a"), at: start) == .joins(number, .key))
        #expect(book.look(Self.keyed("b"), at: start) == .fresh)
        #expect(book.end(number, isWhole: true, at: start).isEmpty)
        #expect(book.look(Self.keyed("a"), at: start + .seconds(3600)) == .replays(number))
    }

    @Test func `says that a key was used for another body, while it runs and later`() {
        var book = RetryBook()
        let (number, _) = book.begin(Self.keyed("a"))
        #expect(book.look(Self.keyed("a", body: "other"), at: start) == .conflicts)
        _ = book.end(number, isWhole: true, at: start)
        #expect(book.look(Self.keyed("a", body: "other"), at: start) == .conflicts)
    }

    @Test func `forgets a reply whose time is over, seen by a sweep or not`() {
        var book = RetryBook()
        let (number, _) = book.begin(Self.keyed("a"))
        _ = book.end(number, isWhole: true, at: start)
        let late = start + book.policy.keepTime + .seconds(1)
        #expect(book.look(Self.keyed("a", body: "other"), at: late) == .fresh)
        let (second, forgotten) = book.begin(Self.keyed("a", body: "other"))
        #expect(forgotten == [number])
        _ = book.end(second, isWhole: true, at: late)
        #expect(book.sweep(at: late + book.policy.keepTime).isEmpty)
        #expect(book.sweep(at: late + book.policy.keepTime + .seconds(1)) == [second])
        #expect(book.count == 0 && book.byteCount == 0)
    }

    @Test func `keeps no failure`() {
        var book = RetryBook()
        let (number, _) = book.begin(Self.keyed("a"))
        #expect(book.end(number, isWhole: false, at: start) == [number])
        #expect(book.look(Self.keyed("a"), at: start) == .fresh)
    }

    @Test func `lets a request with a key run on without its client for a grace`() {
        var book = RetryBook()
        let (number, _) = book.begin(Self.keyed("a"))
        #expect(book.leave(number, at: start) == false)
        #expect(book.sweep(at: start + book.policy.grace).isEmpty)
        #expect(book.look(Self.keyed("a"), at: start + .seconds(5)) == .joins(number, .key))
        #expect(book.sweep(at: start + .seconds(60)).isEmpty)
        #expect(book.leave(number, at: start + .seconds(60)) == false)
        #expect(book.sweep(at: start + .seconds(71)) == [number])
    }

    @Test func `gives a job up at once when there is no grace`() {
        var policy = RetryPolicy()
        policy.grace = .zero
        var book = RetryBook(policy)
        let keyed = book.begin(Self.keyed("a")).number
        #expect(book.leave(keyed, at: start) == true)
        let tried = book.begin(Self.tried(0)).number
        #expect(book.leave(tried, at: start) == true)
        #expect(book.count == 0)
    }

    @Test func `gives a retry without a key what nobody has seen, and whose client is gone, once`() {
        var book = RetryBook()
        let (number, _) = book.begin(Self.tried(0))
        #expect(book.look(Self.tried(1), at: start) == .fresh, "its client is there")
        #expect(book.leave(number, at: start) == false)
        #expect(book.look(Self.tried(1, body: "other"), at: start) == .fresh)
        #expect(book.look(Self.tried(0), at: start) == .fresh, "somebody else's first try")
        #expect(book.look(Self.tried(1), at: start) == .joins(number, .retry))
        #expect(book.look(Self.tried(1), at: start) == .fresh, "it has a client again")
    }

    @Test func `gives the oldest of several to the first retry`() {
        var book = RetryBook()
        let numbers = (0..<3).map { _ in book.begin(Self.tried(0)).number }
        for number in numbers { _ = book.leave(number, at: start) }
        for number in numbers { #expect(book.look(Self.tried(2), at: start) == .joins(number, .retry)) }
        #expect(book.look(Self.tried(2), at: start) == .fresh)
    }

    @Test func `keeps a whole reply that nobody has seen for the retry that is on its way, and no longer`() {
        var book = RetryBook()
        let first = book.begin(Self.tried(0)).number
        let second = book.begin(Self.tried(0)).number
        for number in [first, second] {
            #expect(book.leave(number, at: start) == false)
            #expect(book.keeps(number))
            #expect(book.end(number, isWhole: true, at: start + .seconds(1)).isEmpty)
        }
        #expect(book.look(Self.tried(1), at: start + .seconds(2)) == .joins(first, .retry))
        #expect(!book.contains(first))
        #expect(book.sweep(at: start + .seconds(4)) == [second])
        #expect(book.look(Self.tried(1), at: start + .seconds(4)) == .fresh)
        #expect(book.byteCount == 0)
    }

    @Test func `gives nobody without a key what somebody has seen`() {
        var book = RetryBook()
        let (number, _) = book.begin(Self.tried(0))
        book.see(number)
        #expect(!book.keeps(number))
        #expect(book.leave(number, at: start) == true, "nobody is waited for")
        #expect(book.look(Self.tried(1), at: start) == .fresh)
    }

    @Test func `lets identical requests share a certain answer until the last of them leaves`() {
        var book = RetryBook()
        let (number, _) = book.begin(Self.inCompany())
        #expect(book.look(Self.inCompany(), at: start) == .fresh, "nobody knows yet that it is certain")
        #expect(book.share(number) == true)
        #expect(book.share(book.begin(Self.inCompany()).number) == false, "there is one")
        #expect(book.look(Self.inCompany(), at: start) == .joins(number, .company))
        #expect(book.look(Self.inCompany("other"), at: start) == .fresh)
        #expect(book.look(Self.tried(1), at: start) == .fresh, "it did not ask for company")
        #expect(book.leave(number, at: start) == false)
        #expect(book.leave(number, at: start) == true)
        #expect(book.look(Self.inCompany(), at: start) == .fresh)
    }

    @Test func `shares nothing that has ended, nor with a request that has a key`() {
        var book = RetryBook()
        let (number, _) = book.begin(Self.inCompany())
        _ = book.share(number)
        var keyed = Self.inCompany()
        keyed.key = Self.digest("a")
        #expect(book.look(keyed, at: start) == .fresh)
        #expect(book.share(book.begin(keyed).number) == false)
        #expect(book.end(number, isWhole: true, at: start) == [number])
        #expect(book.look(Self.inCompany(), at: start) == .fresh)
    }

    @Test func `makes room by what was not asked for longest`() {
        var policy = RetryPolicy()
        policy.byteCount = 3 * (1000 + RetryPolicy.overheadByteCount)
        var book = RetryBook(policy)
        func keep(_ key: String) -> [RetryBook.Number] {
            let number = book.begin(Self.keyed(key)).number
            let forgotten = book.grow(number, by: 1000)
            return forgotten + book.end(number, isWhole: true, at: start)
        }
        for key in ["a", "b", "c"] { #expect(keep(key).isEmpty) }
        guard case .replays = book.look(Self.keyed("a"), at: start) else {
            Issue.record("it is kept")
            return
        }
        #expect(keep("d").count == 1)
        #expect(book.look(Self.keyed("b"), at: start) == .fresh)
        #expect(book.look(Self.keyed("a"), at: start) != .fresh)
        #expect(book.byteCount <= policy.byteCount)
    }

    @Test func `keeps no more replies than it may`() {
        var policy = RetryPolicy()
        policy.replyCount = 10
        var book = RetryBook(policy)
        for key in 0..<100 {
            _ = book.end(book.begin(Self.keyed("\(key)")).number, isWhole: true, at: start)
        }
        #expect(book.count == 10 && book.endedCount == 10)
    }

    @Test func `lets go of a reply that grows too long, for which nobody is waited then`() {
        var policy = RetryPolicy()
        policy.replyByteCount = 5000
        var book = RetryBook(policy)
        let (number, _) = book.begin(Self.keyed("a"))
        #expect(book.grow(number, by: 3000).isEmpty)
        #expect(book.grow(number, by: 3000) == [number])
        #expect(!book.keeps(number) && book.byteCount == 0)
        #expect(book.look(Self.keyed("a"), at: start) == .fresh)
        #expect(book.leave(number, at: start) == true)
        let (second, _) = book.begin(Self.keyed("a"))
        _ = book.leave(second, at: start)
        _ = book.grow(second, by: 6000)
        #expect(book.sweep(at: start + .milliseconds(1)) == [second], "nobody is there for it")
    }

    @Test func `holds its bounds and its sums whatever happens`() {
        var policy = RetryPolicy()
        policy.byteCount = 40_000
        policy.replyByteCount = 9000
        policy.replyCount = 12
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        var book = RetryBook(policy)
        var running: [RetryBook.Number: Int] = [:]
        var now = start
        for _ in 0..<20_000 {
            now = now + .milliseconds(Int64.random(in: 0...400, using: &random))
            let body = "\(Int.random(in: 0..<3, using: &random))"
            var request = RepeatableRequest(whole: Self.digest(body))
            let key = Int.random(in: 0..<20, using: &random)
            if Bool.random(using: &random) { request.key = Self.digest("\(key)") }
            request.comesAgain = Bool.random(using: &random)
            request.isRetry = request.comesAgain && Bool.random(using: &random)
            request.wantsCompany = Bool.random(using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                switch book.look(request, at: now) {
                case .fresh:
                    let number = book.begin(request).number
                    running[number] = 1
                    if Bool.random(using: &random) { _ = book.share(number) }
                case .joins(let number, _): running[number]? += 1
                case .replays(let number): #expect(running[number] == nil, "seed \(seed)")
                case .conflicts: #expect(request.key != nil, "seed \(seed)")
                }
            case 2: if let number = running.keys.min() { book.see(number) }
            case 3:
                guard let number = running.keys.sorted().randomElement(using: &random),
                    let clients = running[number], clients > 0
                else { break }
                running[number] = clients - 1
                if book.leave(number, at: now) { running[number] = nil }
            case 4:
                guard let number = running.keys.sorted().randomElement(using: &random) else { break }
                _ = book.grow(number, by: Int.random(in: 0...6000, using: &random))
            default:
                guard let number = running.keys.sorted().randomElement(using: &random) else { break }
                running[number] = nil
                _ = book.end(number, isWhole: Bool.random(using: &random), at: now)
            }
            if Int.random(in: 0..<50, using: &random) == 0 {
                for number in book.sweep(at: now) { running[number] = nil }
            }
            #expect(book.audit().isEmpty, "seed \(seed): \(book.audit())")
            #expect(book.endedCount <= policy.replyCount, "seed \(seed)")
        }
    }
}
