/// A number of bytes for people: `740 B`, `1.2 GiB`.
public func byteText(_ count: Int) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    var unit = 0
    var size = Double(max(0, count))
    // What would round to 1024 belongs to the next unit.
    while size >= 1023.95 && unit < units.count - 1 {
        size /= 1024
        unit += 1
    }
    guard unit > 0 else { return "\(max(0, count)) B" }
    let tenths = Int((size * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
}
