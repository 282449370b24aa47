/// The formats of strings that are regular, as regexes of the whole text.
///
/// Where a standard lets more through than most readers do, the regex is the narrower of the two: what is
/// generated is always right.
enum StringFormat {
    static let patterns: [String: String] = [
        "date": date, "time": time, "date-time": "\(date)[Tt ]\(time)", "duration": duration,
        "email": "\(atom)(\\.\(atom))*@\(host)(\\.\(host))*",
        "idn-email": "\(atom)(\\.\(atom))*@\(host)(\\.\(host))*",
        "hostname": "\(host)(\\.\(host))*", "idn-hostname": "\(host)(\\.\(host))*",
        "ipv4": ipv4, "ipv6": ipv6,
        "uuid": "\(hex){8}-\(hex){4}-\(hex){4}-\(hex){4}-\(hex){12}",
        "uri": "[A-Za-z][A-Za-z0-9+.-]*:\(reference)", "url": "[A-Za-z][A-Za-z0-9+.-]*:\(reference)",
        "iri": "[A-Za-z][A-Za-z0-9+.-]*:\(reference)",
        "uri-reference": relative, "iri-reference": relative,
        "json-pointer": "(/([^~/]|~[01])*)*",
        "relative-json-pointer": "(0|[1-9][0-9]*)(#|(/([^~/]|~[01])*)*)",
        "byte": "([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
    ]

    /// They say how a value is stored or shown.
    static let annotations: Set<String> = [
        "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "float", "double",
        "decimal", "password", "binary", "char", "text", "textarea", "color", "phone", "markdown", "html",
    ]

    private static let hex = "[0-9A-Fa-f]"
    /// The 29th of February in leap years alone.
    private static let date =
        "([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
        + "|02-(0[1-9]|1[0-9]|2[0-8]))"
        + "|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)"
    private static let time =
        "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?"
        + "([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
    private static let duration =
        "P([0-9]+W|([0-9]+Y([0-9]+M([0-9]+D)?)?|[0-9]+M([0-9]+D)?|[0-9]+D)(T\(timePart))?|T\(timePart))"
    private static let timePart = "([0-9]+H([0-9]+M([0-9]+S)?)?|[0-9]+M([0-9]+S)?|[0-9]+S)"
    private static let atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
    private static let host = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    private static let byte = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
    private static let ipv4 = "\(byte)(\\.\(byte)){3}"
    private static let unreserved = "([A-Za-z0-9._~!$&'()*+,;=:@/?-]|%\(hex){2})"
    private static let reference = "\(unreserved)*(#\(unreserved)*)?"
    private static let relative = "(\(unreserved)*(#\(unreserved)*)?)"

    /// RFC 4291: eight groups, of which one run of zeros may be left out, and an IPv4 address at the end.
    private static let ipv6: String = {
        let group = "\(hex){1,4}"
        let last = "(\(group):\(group)|\(ipv4))"
        var forms = ["(\(group):){6}\(last)"]
        for left in 0...7 {
            let head = left == 0 ? "" : "\(group)(:\(group)){\(left - 1)}"
            let room = 7 - left
            let tail = room == 0 ? "" : "(\(group)(:\(group)){0,\(room - 1)})?"
            forms.append("\(head)::\(tail)")
            if room >= 2 { forms.append("\(head)::(\(group):){0,\(room - 2)}\(ipv4)") }
        }
        return "(" + forms.joined(separator: "|") + ")"
    }()
}
