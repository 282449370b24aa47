import CChecksum
import Contract
import TestSupport
import Testing

@testable import PrefixStore

@Suite struct `The header of a segment` {
    private func header() throws -> SegmentHeader {
        let identity = try #require(PrefixIdentity(Array("model".utf8), blockTokens: 3, blockBytes: 1 << 20))
        let root = try #require(SegmentID(rootOf: identity, scope: "someone"))
        let key = try #require(SegmentKey(behind: root, start: 0, tokens: [1, 2, 3, 4, 5, 4_294_967_295]))
        var checksum = BlockChecksum()
        Array(0..<100).map(UInt8.init).withUnsafeBytes { checksum.add($0) }
        let checksums = [checksum, BlockChecksum()]
        return SegmentHeader(key, blockTokens: 3, blockBytes: 1 << 20, checksums: checksums)
    }

    @Test func `comes back as it was written`() throws {
        let header = try header()
        let bytes = header.encoded
        #expect(bytes.count == 4096 && header.byteCount == 4096)
        #expect(SegmentHeader.byteCount(beginningWith: bytes) == 4096)
        #expect(SegmentHeader(decoding: bytes) == header)
        #expect(header.key.isConsistent)
    }

    @Test func `is refused with any bit changed or any byte missing`() throws {
        let bytes = try header().encoded
        let length = 112 + 2 * 16 + 6 * 4 + 4
        for bit in 0..<length * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(SegmentHeader(decoding: changed) == nil, "bit \(bit)")
        }
        for count in 0..<length { #expect(SegmentHeader(decoding: Array(bytes.prefix(count))) == nil) }
    }
}

@Suite struct `The name of a segment` {
    @Test func `says all that its bytes depend on`() throws {
        var names: Set<String> = []
        for model in ["a", "ab"] {
            for scope in ["", "b", "c"] {
                for blockTokens in [1, 2] {
                    let identity = try #require(
                        PrefixIdentity(Array(model.utf8), blockTokens: blockTokens, blockBytes: 8)
                    )
                    let root = try #require(SegmentID(rootOf: identity, scope: scope))
                    names.insert(root.name)
                    for tokens in [[1, 2], [2, 1], [1, 2, 3]] as [[TokenID]] {
                        names.insert(try #require(SegmentID(behind: root, tokens: tokens)).name)
                    }
                }
            }
        }
        #expect(names.count == 2 * 3 * 2 * 4)
    }

    @Test func `is read as it is written`() throws {
        let identity = try #require(PrefixIdentity(Array("model".utf8), blockTokens: 16, blockBytes: 8))
        let id = try #require(SegmentID(rootOf: identity, scope: ""))
        #expect(SegmentID(name: id.name) == id)
        #expect(SegmentID(bytes: id.bytes) == id)
        for name in ["", "lock", String(id.name.dropLast()), id.name + "0", id.name.uppercased()] {
            #expect(SegmentID(name: name) == nil, "\(name)")
        }
    }
}

@Suite struct `The checksum of a block` {
    @Test(arguments: [0, 1, 7, 8, 31, 32, 33, 64, 1000, 4096])
    func `is the same by every path and in any pieces`(count: Int) {
        var random = SplitMix64(seed: UInt64(count))
        let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        var fast: [UInt32] = [0, 0, 0, 0]
        var plain = fast
        var pieces = fast
        checksum_crc32c_lanes(&fast, bytes, count)
        checksum_crc32c_lanes_portable(&plain, bytes, count)
        #expect(fast == plain)
        for start in stride(from: 0, to: count, by: 64) {
            let piece = Array(bytes[start..<min(start + 64, count)])
            checksum_crc32c_lanes(&pieces, piece, piece.count)
        }
        #expect(fast == pieces)
    }

    @Test func `is CRC-32C in each lane`() {
        // "123456789" has the check value of the standard; the first eight bytes of a row are lane 0's.
        let lane = Array("12345678".utf8)
        let row = lane + [UInt8](repeating: 0, count: 24)
        var lanes: [UInt32] = [0, 0, 0, 0]
        let bytes = row + Array("9".utf8)
        checksum_crc32c_lanes(&lanes, bytes, bytes.count)
        #expect(lanes[0] == 0xE306_9283)
    }
}
