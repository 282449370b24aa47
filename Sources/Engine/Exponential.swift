internal import CKernels

/// `e` to the power of `x`, which is 0 at most; 0 where a double would lose precision.
///
/// Own code, so that a token cannot depend on which mathematics library a machine has, or on which
/// instructions that library found there.
func exponential(_ x: Double) -> Double { ck_exponential(x) }
