/// How much a hub may send, how long it is waited for, and how deep folders are looked into.
///
/// Everything beyond these is refused before anything is allocated or written for it.
enum ModelStoreLimits {
    /// One JSON answer of a hub; the list of a repository comes in pages well below this.
    static let documentBytes = 64 << 20
    /// What comes with a redirect or a refusal, which is not looked at.
    static let ignoredBytes = 1 << 20
    static let pageCount = 1024
    static let fileCount = 65_536
    static let fileBytes = 1 << 50
    static let redirectCount = 8

    static let pathBytes = 1024
    /// Leaves room within the 255 bytes of a name for what is put behind that of an unfinished file.
    static let pathPartBytes = 240
    static let pathDepth = 8
    /// More than a repository can have, for what users put into a model's folder themselves.
    static let folderDepth = 16

    /// A transfer that brings nothing for so long is broken.
    static let patienceSeconds = 60
    /// Failures in a row, none of which brought a byte.
    static let failureCount = 8
    static let firstPause = Duration.milliseconds(500)
    static let longestPause = Duration.seconds(30)
    /// A hub that wants more is not waited for.
    static let longestAskedPause = Duration.seconds(300)

    /// What a pull leaves free on the disk.
    static let spareBytes = 64 << 20
    /// Entries of one folder of the store.
    static let entryCount = 65_536
    /// A record of what was pulled, as it lies on the disk.
    static let recordBytes = 64 << 20
}
