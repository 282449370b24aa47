/// The moment that a template is told when it asks for the time.
///
/// It is handed in; nothing here looks at a clock.
struct Clock: Sendable {
    private let year: Int
    private let month: Int
    private let day: Int
    private let hour: Int
    private let minute: Int
    private let second: Int

    /// Reads `YYYY-MM-DDTHH:MM:SS`; nil for anything else.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 19, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " "), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":")
        else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            guard bytes[range].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return Int(String(decoding: bytes[range], as: UTF8.self))
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// Fills a format of `strftime`, in the C locale.
    func text(_ format: String) -> String {
        var result = ""
        var rest = format.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "%", var kind = rest.popFirst() else {
                result.unicodeScalars.append(scalar)
                continue
            }
            // `%-d` is `%d` without the leading zero.
            let isBare = kind == "-" && !rest.isEmpty
            if isBare { kind = rest.removeFirst() }
            let field = self.field(kind) ?? "%\(isBare ? "-" : "")\(kind)"
            result += isBare ? Self.bare(field) : field
        }
        return result
    }

    private static func bare(_ field: String) -> String {
        let digits = field.drop { $0 == "0" || $0 == " " }
        return digits.isEmpty ? "0" : String(digits)
    }

    private func field(_ kind: Unicode.Scalar) -> String? {
        switch kind {
        case "Y": String(year)
        case "y": padded(year % 100)
        case "m": padded(month)
        case "d": padded(day)
        case "e": padded(day, with: " ")
        case "H": padded(hour)
        case "I": padded((hour + 11) % 12 + 1)
        case "M": padded(minute)
        case "S": padded(second)
        case "f": "000000"
        case "p": hour < 12 ? "AM" : "PM"
        case "B": Self.months[month - 1]
        case "b", "h": String(Self.months[month - 1].prefix(3))
        case "A": Self.weekdays[weekday]
        case "a": String(Self.weekdays[weekday].prefix(3))
        case "w": String(weekday)
        case "u": String(weekday == 0 ? 7 : weekday)
        case "j": padded(dayOfYear, width: 3)
        case "D", "x": "\(padded(month))/\(padded(day))/\(padded(year % 100))"
        case "F": "\(padded(year, width: 4))-\(padded(month))-\(padded(day))"
        case "T", "X": "\(padded(hour)):\(padded(minute)):\(padded(second))"
        case "R": "\(padded(hour)):\(padded(minute))"
        case "c": text("%a %b %e %H:%M:%S %Y")
        case "Z", "z": ""
        case "n": "\n"
        case "t": "\t"
        case "%": "%"
        default: nil
        }
    }

    private func padded(_ number: Int, width: Int = 2, with filler: String = "0") -> String {
        let digits = String(number)
        return String(repeating: filler, count: max(0, width - digits.utf8.count)) + digits
    }

    private var isLeapYear: Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private var dayOfYear: Int {
        Self.daysBefore[month - 1] + day + (month > 2 && isLeapYear ? 1 : 0)
    }

    /// 0 is Sunday.
    private var weekday: Int {
        let before = max(0, year - 1)
        return (before * 365 + before / 4 - before / 100 + before / 400 + dayOfYear) % 7
    }

    private static let daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
    private static let weekdays = [
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November",
        "December",
    ]
}
