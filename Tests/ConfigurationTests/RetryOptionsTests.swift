import Testing

@testable import Configuration

@Suite struct `What is done about requests that come again` {
    private func serve(_ words: String, file: String = "{}") throws -> ServeOptions {
        let surroundings = surroundings(file: file)
        guard
            case .serve(let options) = try invocation("serve --config fleet.json " + words, in: surroundings)
        else { throw UsageError("it is no serve") }
        return options
    }

    @Test func `is to keep their replies for a day, and to share no jobs`() throws {
        let retries = try serve("").retries
        #expect(retries.keepTime == .seconds(86_400) && retries.byteCount == 64 << 20)
        #expect(retries.grace == .seconds(10) && !retries.sharesJobs)
    }

    @Test func `is told by flags and by the file`() throws {
        let words = "--retry-keep 60 --retry-memory 1M --retry-grace 0 --single-flight on"
        let file = """
            {"retries": {"keep_seconds": 60, "memory": "1M", "grace_seconds": 0, "single_flight": "on"}}
            """
        for retries in [try serve(words).retries, try serve("", file: file).retries] {
            #expect(retries.keepTime == .seconds(60) && retries.byteCount == 1 << 20)
            #expect(retries.grace == .zero && retries.sharesJobs)
        }
    }

    @Test func `is a tenant's own affair where it says so`() throws {
        let file =
            #"{"tenants": {"acme": {"single_flight": true}, "bolt": {"single_flight": false}, "c": {}}}"#
        #expect(try serve("", file: file).tenants.tenants.map(\.sharesJobs) == [true, false, nil])
        #expect(throws: UsageError.self) {
            try serve("", file: #"{"tenants": {"acme": {"single_flight": "on"}}}"#)
        }
    }
}
