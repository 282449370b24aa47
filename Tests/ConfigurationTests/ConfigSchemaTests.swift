import Configuration
import Glibc
import JSON
import TestSupport
import Testing

/// The committed schema is compared with the table; `RECORD=1` rewrites it and fails, so that nobody records
/// unseen.
@Suite struct `The schema of the configuration file` {
    private let path = PackageFolder.path + "/schemas/config.json"

    @Test func `is the one that is committed`() throws {
        let generated = pretty(ConfigSchema.document, indent: 0) + "\n"
        if getenv("RECORD") != nil {
            try TestFile.write(generated, to: path)
            Issue.record(
                "schemas/config.json is recorded; look at the difference and run again without RECORD"
            )
        }
        #expect(try String(decoding: Surroundings.current.file(path), as: UTF8.self) == generated)
    }

    @Test func `refuses keys that do not exist`() {
        #expect(ConfigSchema.document["additionalProperties"] == false)
        #expect(ConfigSchema.document["properties"]?["http"]?["additionalProperties"] == false)
    }

    @Test func `knows ranges and defaults`() {
        let port = ConfigSchema.document["properties"]?["http"]?["properties"]?["port"]
        #expect(port?["minimum"] == 1)
        #expect(port?["maximum"] == 65535)
        #expect(port?["default"] == 8080)
    }

    private func pretty(_ value: JSONValue, indent: Int) -> String {
        let margin = String(repeating: " ", count: indent + 2)
        let end = "\n" + String(repeating: " ", count: indent)
        guard value.description.utf8.count > 72, let object = value.objectValue else {
            return value.description
        }
        let members = object.map {
            margin + JSONValue.string($0.key).description + ": " + pretty($0.value, indent: indent + 2)
        }
        return "{\n" + members.joined(separator: ",\n") + end + "}"
    }
}
