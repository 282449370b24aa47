/// Why a model's files cannot be used: which file, which part of it, and what is wrong there.
public struct ModelFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The path as it was opened.
    public var file: String
    /// A key of a JSON file or the name of a tensor; nil where the file as a whole is meant.
    public var field: String?
    public var problem: String

    public init(_ file: String, _ field: String, _ problem: String) {
        self.file = file
        self.field = field
        self.problem = problem
    }

    public init(_ file: String, _ problem: String) {
        self.file = file
        self.problem = problem
    }

    public var description: String { "\(file): \(field.map { "\($0): " } ?? "")\(problem)" }
}
