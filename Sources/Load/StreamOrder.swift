/// One request of a load, where it goes, and the number that its reply is known by.
public struct StreamOrder: Sendable {
    public var number: Int
    public var request: LoadRequest
    public var address: LoadAddress

    public init(number: Int, request: LoadRequest, address: LoadAddress) {
        self.number = number
        self.request = request
        self.address = address
    }
}
