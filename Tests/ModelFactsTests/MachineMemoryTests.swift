import Testing

@testable import ModelFacts

@Suite struct `The memory of this machine` {
    @Test func `is what the system can make free`() {
        let text = "MemTotal:       16384 kB\nMemFree:        1 kB\nMemAvailable:   8192 kB\n"
        #expect(MachineMemory.available(meminfo: text) == 8192 << 10)
        for wrong in ["", "MemAvailable: x kB", "MemAvailable: 1", "MemAvailable: 9223372036854775807 kB"] {
            #expect(MachineMemory.available(meminfo: wrong) == nil)
        }
    }

    @Test func `is bounded by the groups of the process`() {
        let unified = MachineMemory.groups("0::/user.slice/a\n")
        #expect(unified.unified == "/user.slice/a" && unified.memory == nil)
        let old = MachineMemory.groups("4:cpu,memory:/docker/x\n1:name=systemd:/y\n")
        #expect(old.unified == nil && old.memory == "/docker/x")
        let odd = MachineMemory.groups("nonsense\n0::\n:::\n")
        #expect(odd.unified?.isEmpty == true)
    }

    @Test func `of a group is its limit less what it cannot give back`() {
        func headroom(_ limit: String?, _ usage: String?, _ stat: String? = nil) -> Int? {
            MachineMemory.headroom(limit: limit, usage: usage, stat: stat)
        }
        #expect(headroom("1000\n", "300\n") == 700)
        #expect(headroom("1000", "900", "anon 100\ninactive_file 500\nactive_file 7\n") == 600)
        #expect(headroom("1000", "900", "total_inactive_file 500\ninactive_file 1") == 600)
        #expect(headroom("1000", "1200") == 0)
        #expect(headroom("1000", "300", "inactive_file 999999") == 1000)
        #expect(headroom("max", "300") == nil)
        #expect(headroom("9223372036854771712", "300") == nil)
        #expect(headroom(nil, nil) == nil)
    }

    @Test func `is known here`() {
        #expect(MachineMemory().availableBytes ?? 0 > 0)
    }
}
