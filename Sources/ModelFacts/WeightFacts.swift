internal import JSON
internal import ModelFiles

/// How large a model's weights are and in which types they are stored.
public struct WeightFacts: Hashable, Sendable {
    /// The bytes of one type.
    public struct Share: Hashable, Sendable {
        public var type: String
        public var byteCount: Int
    }

    public var byteCount = 0
    /// The largest first.
    public var shares: [Share] = []
    public var parameterCount = 0
    /// Of these, how many belong to experts of which a token uses only some.
    public var expertParameterCount = 0
    /// Such as `4-bit mlx`, where numbers are packed into words that have no type of their own.
    public var packing: String?

    init(_ tensors: TensorSet, config: JSONValue?) {
        let quantization = config?["quantization_config"] ?? config?["quantization"]
        let bits = quantization?["bits"]?.integerValue.flatMap { (2...8).contains($0) ? Int($0) : nil }
        if let bits, tensors.names.contains(where: { tensors[$0].map(Self.isPacked) == true }) {
            packing = "\(bits)-bit " + (quantization?["quant_method"]?.stringValue ?? "mlx")
        }
        var bytes: [String: Int] = [:]
        for name in tensors.names {
            guard let tensor = tensors[name] else { continue }
            // Ranges lie within files and shapes were checked against them, so none of these sums overflows.
            bytes["\(tensor.type)", default: 0] += tensor.range.count
            let count = Self.parameters(tensor, packedBits: bits)
            parameterCount += count
            if name.contains(".experts.") || name.contains(".switch_mlp.") { expertParameterCount += count }
        }
        byteCount = bytes.values.reduce(0, +)
        shares = bytes.map { Share(type: $0.key, byteCount: $0.value) }
            .sorted { ($1.byteCount, $0.type) < ($0.byteCount, $1.type) }
    }

    /// What one token passes through.
    public func activeParameterCount(_ architecture: ArchitectureFacts) -> Int {
        guard let experts = architecture.expertCount, let active = architecture.activeExpertCount,
            active <= experts
        else { return parameterCount }
        let (scaled, overflow) = expertParameterCount.multipliedReportingOverflow(by: active)
        return overflow ? parameterCount : parameterCount - expertParameterCount + scaled / experts
    }

    private static func isPacked(_ tensor: TensorView) -> Bool { ["U32", "I32"].contains("\(tensor.type)") }

    /// The numbers of the model that a tensor stands for: several in one word where they are packed, none
    /// where it only says how others are to be scaled.
    private static func parameters(_ tensor: TensorView, packedBits: Int?) -> Int {
        let last = tensor.name.split { $0 == "." || $0 == "_" }.last ?? ""
        if ["scales", "biases", "qzeros", "idx", "inv", "scale"].contains(last) { return 0 }
        let count = tensor.shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
        if isPacked(tensor), let packedBits { return tensor.range.count * 8 / packedBits }
        if last == "blocks" && "\(tensor.type)" == "U8" { return tensor.range.count * 2 }
        return max(0, count)
    }
}
