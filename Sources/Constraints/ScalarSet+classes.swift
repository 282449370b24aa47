/// The classes that regexes name.
///
/// Where the dialects of regexes disagree, a class holds what is in it for all of them, so that a generated
/// text satisfies whichever of them reads it: `\d` is 0 to 9, and `\D` is no digit of any script.
extension ScalarSet {
    static let digits = ScalarSet([0x30...0x39])
    static let word = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let space = ScalarSet([
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029,
        0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000,
    ])
    static let noDigits = category("Nd").inverted
    static let noWord =
        ["L", "N", "M"].map(category).reduce(ScalarSet("_")) { $0.union($1) }.inverted
    static let noSpace = space.union(ScalarSet([0x1C...0x1F, 0x85...0x85, 0xFEFF...0xFEFF])).inverted
    static let lineEnds = ScalarSet("\n\r\u{2028}\u{2029}")
    static let noLineEnds = lineEnds.inverted

    /// The scalars of a general category by its short name, or of all categories that begin so; empty for a
    /// name that is none.
    static func category(_ name: String) -> ScalarSet {
        ScalarSet(categories.filter { $0.name.hasPrefix(name) }.map(\.range))
    }

    /// A category by its short or long name; nil for one that is unknown.
    static func property(_ name: String) -> ScalarSet? {
        let name = name.hasPrefix("General_Category=") ? String(name.dropFirst(17)) : name
        if name == "Any" { return .all }
        if name == "ASCII" { return ScalarSet([0...0x7F]) }
        let short = longNames[name] ?? name
        guard short.count <= 2 else { return nil }
        let set = category(short)
        return set.isEmpty ? nil : set
    }

    /// Runs of scalars of one category; made by one pass over all scalars when first needed.
    private static let categories: [(name: String, range: ClosedRange<UInt32>)] = {
        var runs: [(name: String, range: ClosedRange<UInt32>)] = []
        var current: (category: Unicode.GeneralCategory, start: UInt32, end: UInt32)?
        for value in 0...last {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let category = scalar.properties.generalCategory
            if let run = current, run.category == category, run.end + 1 == value {
                current?.end = value
                continue
            }
            if let run = current { runs.append((shortName(run.category), run.start...run.end)) }
            current = (category, value, value)
        }
        if let run = current { runs.append((shortName(run.category), run.start...run.end)) }
        return runs
    }()

    private static func shortName(_ category: Unicode.GeneralCategory) -> String {
        switch category {
        case .uppercaseLetter: "Lu"
        case .lowercaseLetter: "Ll"
        case .titlecaseLetter: "Lt"
        case .modifierLetter: "Lm"
        case .otherLetter: "Lo"
        case .nonspacingMark: "Mn"
        case .spacingMark: "Mc"
        case .enclosingMark: "Me"
        case .decimalNumber: "Nd"
        case .letterNumber: "Nl"
        case .otherNumber: "No"
        case .connectorPunctuation: "Pc"
        case .dashPunctuation: "Pd"
        case .openPunctuation: "Ps"
        case .closePunctuation: "Pe"
        case .initialPunctuation: "Pi"
        case .finalPunctuation: "Pf"
        case .otherPunctuation: "Po"
        case .mathSymbol: "Sm"
        case .currencySymbol: "Sc"
        case .modifierSymbol: "Sk"
        case .otherSymbol: "So"
        case .spaceSeparator: "Zs"
        case .lineSeparator: "Zl"
        case .paragraphSeparator: "Zp"
        case .control: "Cc"
        case .format: "Cf"
        case .surrogate: "Cs"
        case .privateUse: "Co"
        case .unassigned: "Cn"
        @unknown default: "Cn"
        }
    }

    private static let longNames: [String: String] = [
        "Letter": "L", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Titlecase_Letter": "Lt",
        "Modifier_Letter": "Lm", "Other_Letter": "Lo", "Mark": "M", "Number": "N", "Decimal_Number": "Nd",
        "Punctuation": "P", "Symbol": "S", "Separator": "Z", "Space_Separator": "Zs", "Control": "Cc",
        "Currency_Symbol": "Sc", "Math_Symbol": "Sm",
    ]
}
