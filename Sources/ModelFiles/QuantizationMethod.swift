internal import JSON

/// Which ways of packing weights can be read, by what config.json calls them.
///
/// How a matrix is packed is seen at its tensors; this only refuses early, and by name, what would otherwise
/// end in a tensor that is missing.
enum QuantizationMethod {
    static func refuseUnknown(_ fields: ConfigFields) throws(ModelFileError) {
        for key in ["quantization", "quantization_config"] {
            guard let method = try fields.object(key) else { continue }
            // MLX gives no method, but the way in which its groups are packed.
            let mode = try method.text("mode", default: "affine")
            guard ["affine", "mxfp4"].contains(mode) else {
                throw method.error("mode", "\"\(mode)\" is not supported; known are affine, mxfp4")
            }
            let name = try method.text("quant_method", default: "mlx")
            let format = try method.text("format", default: "float-quantized")
            guard
                ["mlx", "fp8", "mxfp4"].contains(name)
                    || name == "compressed-tensors" && format == "float-quantized"
            else {
                let detail = name == "compressed-tensors" ? " in the format \"\(format)\"" : ""
                throw method.error(
                    "quant_method",
                    "\"\(name)\"\(detail) is not supported; known are MLX's groups, mxfp4 and fp8"
                )
            }
        }
    }
}
