import Contract
import EventLoop
import Testing

@Suite struct `An event loop` {
    @Test func `calls a handler as long as its descriptor is ready`() throws {
        let loop = try EventLoop()
        let pipe = Pipe()
        var taken: [UInt8] = []
        try loop.watch(pipe.readEnd, for: .read) { readiness in
            #expect(readiness.readable)
            if let byte = pipe.take() { taken.append(byte) }
        }
        pipe.put(1)
        pipe.put(2)
        loop.turn(wait: nil)
        #expect(taken == [1])
        loop.turn(wait: nil)
        #expect(taken == [1, 2])
        loop.turn(wait: .zero)
        #expect(taken == [1, 2])
    }

    @Test func `reports a hang-up even when it was not asked for`() throws {
        let loop = try EventLoop()
        let pipe = Pipe()
        var isClosed = false
        try loop.watch(pipe.readEnd, for: []) { isClosed = $0.peerClosed }
        pipe.closeWriteEnd()
        loop.turn(wait: nil)
        #expect(isClosed)
    }

    @Test func `watches for what it was last told to`() throws {
        let loop = try EventLoop()
        let pipe = Pipe()
        var count = 0
        try loop.watch(pipe.readEnd, for: .read) { _ in count += 1 }
        pipe.put(1)
        loop.change(pipe.readEnd, to: [])
        loop.turn(wait: .zero)
        #expect(count == 0)
        loop.change(pipe.readEnd, to: .read)
        loop.turn(wait: .zero)
        #expect(count == 1)
        loop.unwatch(pipe.readEnd)
        loop.unwatch(pipe.readEnd)
        loop.turn(wait: .zero)
        #expect(count == 1)
    }

    @Test func `drops readiness of a descriptor that was given up in the same turn`() throws {
        let loop = try EventLoop()
        let pipes = [Pipe(), Pipe()]
        var count = 0
        for (pipe, other) in zip(pipes, pipes.reversed()) {
            try loop.watch(pipe.readEnd, for: .read) { _ in
                count += 1
                loop.unwatch(other.readEnd)
            }
            pipe.put(1)
        }
        loop.turn(wait: nil)
        #expect(count == 1)
    }

    @Test func `does not take the readiness of a descriptor's last life for its present one`() throws {
        let loop = try EventLoop()
        let pipes = [Pipe(), Pipe()]
        var oldCount = 0
        var presentCount = 0
        for (pipe, other) in zip(pipes, pipes.reversed()) {
            try loop.watch(pipe.readEnd, for: .read) { _ in
                oldCount += 1
                _ = pipe.take()
                loop.unwatch(other.readEnd)
                #expect(throws: Never.self) {
                    try loop.watch(other.readEnd, for: .read) { _ in presentCount += 1 }
                }
            }
            pipe.put(1)
        }
        loop.turn(wait: nil)
        #expect((oldCount, presentCount) == (1, 0))
        loop.turn(wait: nil)
        #expect(presentCount == 1)
    }

    @Test func `refuses to watch what is not a descriptor`() throws {
        let loop = try EventLoop()
        let error = #expect(throws: EventLoop.SystemError.self) { try loop.watch(-1, for: .read) { _ in } }
        #expect(error?.description == "epoll_ctl: Bad file descriptor")
    }

    @Test func `does deferred work after the handlers, and what that defers in the same turn`() throws {
        let loop = try EventLoop()
        let pipes = [Pipe(), Pipe()]
        var log: [String] = []
        for pipe in pipes {
            try loop.watch(pipe.readEnd, for: .read) { _ in
                _ = pipe.take()
                log.append("handler")
                loop.atEndOfTurn {
                    log.append("deferred")
                    loop.atEndOfTurn { log.append("again") }
                }
            }
            pipe.put(1)
        }
        loop.turn(wait: nil)
        #expect(log == ["handler", "handler", "deferred", "deferred", "again", "again"])
    }

    @Test func `does not wait while work is deferred`() throws {
        let loop = try EventLoop()
        var isDone = false
        loop.atEndOfTurn { isDone = true }
        loop.turn(wait: nil)
        #expect(isDone)
    }

    @Test func `turns until it is stopped`() throws {
        let loop = try EventLoop()
        var count = 0
        loop.schedule(every: .microseconds(1)) {
            count += 1
            if count == 3 { loop.stop() }
        }
        loop.run()
        #expect(count == 3)
    }

    @Test(arguments: [Duration.zero, .seconds(-5), .seconds(Int64.min), .microseconds(1)])
    func `returns when nothing happened for as long as it was told`(wait: Duration) throws {
        try EventLoop().turn(wait: wait)
    }

    @Test func `takes any length of wait`() throws {
        let loop = try EventLoop()
        loop.schedule(after: .seconds(Int64.max)) {}
        var isDone = false
        loop.schedule(after: .zero) { isDone = true }
        loop.turn(wait: .seconds(Int64.max))
        #expect(isDone)
    }
}
