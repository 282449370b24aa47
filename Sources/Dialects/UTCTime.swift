/// A second on the calendar, in UTC.
struct UTCTime {
    private var seconds: Int

    /// RFC 3339 has four digits for the year; later times are shown as its last second.
    private static let lastSecond = 253_402_300_799
    private static let secondsPerDay = 86_400
    /// Years, counted from March so that a leap day is the last, repeat after 400.
    private static let daysPerCycle = 146_097

    init(secondsSince1970: UInt64) { seconds = min(Int(clamping: secondsSince1970), Self.lastSecond) }

    /// "2026-03-14T15:09:26Z".
    var rfc3339: String {
        let (year, month, day) = date
        let time = seconds % Self.secondsPerDay
        let clock = [time / 3600, time / 60 % 60, time % 60].map { padded($0, 2) }.joined(separator: ":")
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(clock)Z"
    }

    private var date: (year: Int, month: Int, day: Int) {
        // 719,468 days lie between 0000-03-01 and 1970-01-01.
        let days = seconds / Self.secondsPerDay + 719_468
        let cycle = days / Self.daysPerCycle
        let inCycle = days % Self.daysPerCycle
        let yearOfCycle = (inCycle - inCycle / 1460 + inCycle / 36_524 - inCycle / 146_096) / 365
        let dayOfYear = inCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        // Months from March have 153 days in every five.
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
