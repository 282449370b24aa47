extension Span<Float> {
    /// Sixteen neighbours, the first at `index`; traps when they are not all there.
    @inline(__always)
    func vector16(at index: Int) -> SIMD16<Float> {
        bytes.unsafeLoadUnaligned(fromByteOffset: index * MemoryLayout<Float>.stride, as: SIMD16<Float>.self)
    }
}
