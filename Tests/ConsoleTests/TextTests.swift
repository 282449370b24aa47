import Console
import Testing

@Suite struct `A number of bytes` {
    @Test(arguments: [
        (0, "0 B"), (740, "740 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_048_524, "1023.9 KiB"),
        (1_048_575, "1.0 MiB"), (1_288_490_189, "1.2 GiB"), (Int.max, "8192.0 PiB"), (-1, "0 B"),
    ])
    func `is shown in the unit that suits it`(count: Int, text: String) {
        #expect(byteText(count) == text)
    }
}

@Suite struct `Text from elsewhere` {
    @Test func `is shown without control characters`() {
        #expect(harmless("a\u{1B}[2Jb\tc\nd\u{7F}\u{9B}é") == "a[2Jb\tc\ndé")
    }
}

@Suite struct `A table` {
    @Test func `has columns as wide as their widest cell`() {
        let rows = [["name", "kind", "size"], ["a", "long kind", "1"], ["longer", "", "100"]]
        #expect(
            TextTable(rows, leftColumnCount: 2).lines
                == ["name    kind       size", "a       long kind     1", "longer              100"]
        )
    }

    @Test func `ends no line with blanks`() {
        #expect(TextTable([["a", ""], ["b", "c"]], leftColumnCount: 2).lines == ["a", "b  c"])
    }
}
