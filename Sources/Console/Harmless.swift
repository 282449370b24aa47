/// Without control characters other than line ends and tabs, so that no text from elsewhere can steer the
/// terminal.
public func harmless(_ text: String) -> String {
    let kept = text.unicodeScalars.filter {
        $0 == "\n" || $0 == "\t" || $0.properties.generalCategory != .control
    }
    return String(String.UnicodeScalarView(kept))
}
