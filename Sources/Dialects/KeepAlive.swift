internal import Contract

/// The comment line that tells a person reading the raw stream where the request stands; clients skip it.
enum KeepAlive {
    static func appendComment(_ place: QueuePosition?, to bytes: inout [UInt8]) {
        guard let place else {
            bytes += ": working\n\n".utf8
            return
        }
        let tenths = place.etaMilliseconds / 100
        bytes += ": queued position=\(place.position) eta=\(tenths / 10).\(tenths % 10)s\n\n".utf8
    }
}
