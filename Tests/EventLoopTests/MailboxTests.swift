import EventLoop
import Testing

@Suite struct `A mailbox` {
    @Test func `hands over a burst in one piece and in order`() throws {
        let loop = try EventLoop()
        let mailbox = try Mailbox<Int>()
        var pieces: [[Int]] = []
        try loop.attach(mailbox) { pieces.append($0) }
        for number in 0..<100 { mailbox.post(number) }
        mailbox.post(contentsOf: 100..<200)
        mailbox.post(contentsOf: [])
        loop.turn(wait: nil)
        loop.turn(wait: .zero)
        #expect(pieces == [Array(0..<200)])
        mailbox.post(200)
        loop.turn(wait: nil)
        #expect(pieces.count == 2)
    }

    @Test func `keeps what was posted before anyone listened`() throws {
        let loop = try EventLoop()
        let mailbox = try Mailbox<String>()
        mailbox.post("early")
        var received: [String] = []
        try loop.attach(mailbox) { received += $0 }
        loop.turn(wait: nil)
        #expect(received == ["early"])
    }

    @Test func `wakes its loop from other threads and loses nothing`() throws {
        let loop = try EventLoop()
        let mailbox = try Mailbox<(thread: Int, number: Int)>()
        let threads = try (0..<3).map { thread in
            try LoopThread(name: "poster") {
                for number in 0..<5000 { mailbox.post((thread, number)) }
            }
        }
        var next = [0, 0, 0]
        try loop.attach(mailbox) { elements in
            for element in elements {
                #expect(next[element.thread] == element.number)
                next[element.thread] += 1
            }
        }
        while next != [5000, 5000, 5000] { loop.turn(wait: nil) }
        for thread in threads {
            thread.join()
            thread.join()
        }
    }

    @Test func `answers across two loops`() throws {
        let here = try EventLoop()
        let requests = try Mailbox<Int>()
        let replies = try Mailbox<Int>()
        let failure = try Mailbox<String>()
        let thread = try LoopThread(name: "a name of more than fifteen letters") {
            do {
                let there = try EventLoop()
                try there.attach(requests) { numbers in
                    replies.post(contentsOf: numbers.map { $0 * 2 })
                    if numbers.last == 9 { there.stop() }
                }
                there.run()
            } catch {
                failure.post("\(error)")
            }
        }
        var received: [Int] = []
        try here.attach(replies) { numbers in
            received += numbers
            if received.count < 10 { requests.post(received.count) }
        }
        try here.attach(failure) { Issue.record("\($0)") }
        requests.post(0)
        while received.count < 10 { here.turn(wait: nil) }
        thread.join()
        #expect(received == (0..<10).map { $0 * 2 })
    }
}
