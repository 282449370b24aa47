internal import Glibc

/// The Date field of replies, written anew once per second.
struct DateLine {
    private var second = Int.min
    private var line: [UInt8] = []

    /// The line for the present moment.
    mutating func current() -> [UInt8] {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        if time.tv_sec != second {
            second = time.tv_sec
            line = Array(Self.text(second).utf8)
        }
        return line
    }

    /// `Date: Sun, 06 Nov 1994 08:49:37 GMT` and CR LF (RFC 9110 5.6.7) for seconds since 1970.
    static func text(_ second: Int) -> String {
        var time = second
        var parts = tm()
        gmtime_r(&time, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        // The remainders keep a broken clock from trapping.
        let day = days[abs(Int(parts.tm_wday)) % 7]
        let month = months[abs(Int(parts.tm_mon)) % 12]
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(twoDigits).joined(separator: ":")
        return
            "Date: \(day), \(twoDigits(parts.tm_mday)) \(month) \(Int(parts.tm_year) + 1900) \(clock) GMT\r\n"
    }

    private static func twoDigits(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
