/// The product of counts; nil where one is missing or the product is larger than any memory.
func product(_ factors: Int?...) -> Int? {
    var product = 1
    for factor in factors {
        guard let factor else { return nil }
        let (next, overflow) = product.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        product = next
    }
    return product
}
