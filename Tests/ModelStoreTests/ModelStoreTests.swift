import TestSupport
import Testing

@testable import ModelStore

@Suite struct `The models directory` {
    private let folder: TestFolder
    private let store: ModelStore

    init() throws {
        folder = try TestFolder()
        store = ModelStore(root: folder.path)
        for name in [
            "acme/whole/config.json", "acme/whole/model.safetensors", "acme/one/one-Q8_0.gguf",
            "acme/several/a-Q8_0.gguf", "acme/several/a-Q4_0.gguf", "acme/several/mmproj-F16.gguf",
            "acme/twins/a-Q8_0.gguf", "acme/twins/b-Q8_0.gguf", "acme/split/F16/s-F16-00001-of-00002.gguf",
            "acme/split/F16/s-F16-00002-of-00002.gguf", "acme/both/config.json",
            "acme/both/model.safetensors.index.json", "acme/both/b-Q4_0.gguf", "acme/empty/README.md",
            "mine/config.json", "single.gguf", ".pull/acme/whole/=/files/config.json",
        ] { try folder.write(name, Array(name.utf8)) }
    }

    private func complaint(_ name: String) -> String {
        do {
            return "no complaint, but \(try store.locate(name))"
        } catch {
            return "\(error)".replacing(folder.path, with: "ROOT")
        }
    }

    @Test(arguments: [
        ("acme/whole", "acme/whole"), ("acme/whole/", "acme/whole"), ("mine", "mine"),
        ("single.gguf", "single.gguf"), ("acme/one", "acme/one/one-Q8_0.gguf"),
        ("acme/one:q8_0", "acme/one/one-Q8_0.gguf"), ("acme/several:Q4_0", "acme/several/a-Q4_0.gguf"),
        ("acme/twins:b-Q8_0.gguf", "acme/twins/b-Q8_0.gguf"),
        ("acme/twins/b-Q8_0.gguf", "acme/twins/b-Q8_0.gguf"),
        ("acme/split", "acme/split/F16/s-F16-00001-of-00002.gguf"),
        ("acme/split:F16", "acme/split/F16/s-F16-00001-of-00002.gguf"), ("acme/both", "acme/both"),
        ("acme/both:Q4_0", "acme/both/b-Q4_0.gguf"),
    ])
    func `finds a model by its name`(name: String, path: String) throws {
        #expect(try store.locate(name).path == "\(folder.path)/\(path)")
    }

    @Test func `comes after what is really there`() throws {
        let entry = try store.locate(folder.path)
        #expect(entry == ModelStore.Entry(name: nil, path: folder.path))
        #expect(try store.locate("acme/whole").name == "acme/whole")
    }

    @Test func `says what it has where a name is not enough`() {
        #expect(
            complaint("acme/several")
                == "acme/several holds several models: acme/several:Q4_0, acme/several:Q8_0"
        )
        #expect(complaint("acme/twins:Q8_0").contains("acme/twins/a-Q8_0.gguf, acme/twins/b-Q8_0.gguf"))
        #expect(complaint("acme/whole:Q8_0").contains("acme/whole"))
    }

    @Test func `says both places and what to do where there is nothing`() {
        #expect(
            complaint("acme/none")
                == "there is no model at acme/none and none called that in ROOT; "
                + "get it with: millrace models pull acme/none"
        )
        #expect(complaint("none") == "there is no model at none and none called that in ROOT")
        #expect(complaint("").hasPrefix("there is no model at "))
    }

    @Test(arguments: ["../x", "acme/../../x", ".pull/acme", "/nowhere/model"])
    func `never looks outside`(name: String) {
        #expect(complaint(name).hasPrefix("there is no model at \(name) and none called that"))
    }

    @Test func `may be absent`() throws {
        let nowhere = ModelStore(root: nil)
        #expect(throws: StoreError.self) { try nowhere.locate("acme/whole") }
        #expect(nowhere.entries() == [] && nowhere.unfinished() == [])
        #expect(ModelStore(root: "/nonexistent").entries() == [])
    }

    @Test func `lists every model under the name that finds it`() throws {
        let entries = store.entries()
        #expect(
            entries.map { $0.name ?? "" } == [
                "acme/both", "acme/both:Q4_0", "acme/one:Q8_0", "acme/several:Q4_0", "acme/several:Q8_0",
                "acme/split:F16", "acme/twins/a-Q8_0.gguf", "acme/twins/b-Q8_0.gguf", "acme/whole", "mine",
                "single.gguf",
            ]
        )
        for entry in entries { #expect(try store.locate(entry.name ?? "").path == entry.path) }
        let split = try #require(entries.first { $0.name == "acme/split:F16" })
        #expect(ModelStore.byteCount(of: split) == 2 * "acme/split/F16/s-F16-00001-of-00002.gguf".utf8.count)
    }
}
