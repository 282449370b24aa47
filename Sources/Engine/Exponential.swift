/// Where `exponential` ends: below, a double would lose precision.
let exponentialFloor = -708.0

/// `e` to the power of each lane of `x`, from `exponentialFloor` to 0, to within two units in the last place.
///
/// Own code, so that a token cannot depend on which mathematics library a machine has, or on which
/// instructions that library found there: multiplications and additions in one fixed order, lane by lane.
@inline(__always)
func exponential(_ x: SIMD8<Double>) -> SIMD8<Double> {
    // Adding 1.5 * 2^52 rounds to a whole number, which the sum's low bits then hold.
    let magic = 0x1.8p52
    let shifted = x * 0x1.71547652b82fep0 + magic
    let wholes = shifted - magic
    // ln 2 in two parts; the product with the first one is exact.
    let r = (x - wholes * 0x1.62e42feep-1) - wholes * 0x1.a39ef35793c76p-33
    // Taylor's series: |r| <= ln 2 / 2, so the next term is below 2^-57.
    var sum = r * (1.0 / 6_227_020_800) + (1.0 / 479_001_600)
    sum = sum * r + (1.0 / 39_916_800)
    sum = sum * r + (1.0 / 3_628_800)
    sum = sum * r + (1.0 / 362_880)
    sum = sum * r + (1.0 / 40_320)
    sum = sum * r + (1.0 / 5_040)
    sum = sum * r + (1.0 / 720)
    sum = sum * r + (1.0 / 120)
    sum = sum * r + (1.0 / 24)
    sum = sum * r + (1.0 / 6)
    sum = sum * r + 0.5
    sum = sum * r + 1
    sum = sum * r + 1
    let exponents = (unsafeBitCast(shifted, to: SIMD8<UInt64>.self) &+ 1023) &<< 52
    return sum * unsafeBitCast(exponents, to: SIMD8<Double>.self)
}

/// As for a vector, for one number; 0 below the floor.
func exponential(_ x: Double) -> Double {
    x > exponentialFloor ? exponential(SIMD8(repeating: x))[0] : 0
}
