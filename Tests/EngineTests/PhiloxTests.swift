import Testing

@testable import Engine

@Suite struct `A stream of random numbers` {
    /// Known answers of philox4x32 with 10 rounds, as published with Random123.
    @Test(
        arguments: [
            (
                [0, 0, 0, 0, 0, 0],
                [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
            ),
            (
                [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff],
                [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
            ),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344, 0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
            ),
        ] as [([UInt32], [UInt32])]
    )
    func `gives the published numbers`(input: [UInt32], expected: [UInt32]) {
        let block = Philox(key: (input[4], input[5])).block(at: (input[0], input[1], input[2], input[3]))
        #expect([block.0, block.1, block.2, block.3] == expected)
    }

    @Test func `draws evenly between 0 and 1`() {
        let random = Philox(key: (7, 11))
        var counts = Array(repeating: 0, count: 10)
        for position in 0..<20_000 as Range<UInt32> {
            let number = random.uniform(at: (position, 0, 0, 0))
            #expect(number >= 0 && number < 1)
            counts[Int(number * 10)] += 1
        }
        // Each count has mean 2000 and standard deviation 42.
        #expect(counts.allSatisfy { abs($0 - 2000) < 250 }, "\(counts)")
    }
}
