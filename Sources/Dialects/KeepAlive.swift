internal import Contract

/// The comment line that tells a person reading the raw stream where the request stands; clients skip it.
enum KeepAlive {
    static func appendComment(_ place: QueuePosition?, to bytes: inout [UInt8]) {
        guard let place else {
            bytes += ": working\n\n".utf8
            return
        }
        if let loading = place.loading {
            bytes += ": loading \(loading.model.singleLine) \(loading.percent)%\n\n".utf8
            return
        }
        let tenths = place.etaMilliseconds / 100
        bytes += ": queued position=\(place.position) eta=\(tenths / 10).\(tenths % 10)s\n\n".utf8
    }
}

extension String {
    /// A name is somebody else's text: a line break in it would end the comment.
    fileprivate var singleLine: String {
        String(unicodeScalars.map { $0.value < 0x20 ? " " : Character($0) })
    }
}
