// What picking a token does with every score of a vocabulary. All tables give the same bits.
#ifndef CK_SCORES_H
#define CK_SCORES_H

#include <stddef.h>

#pragma clang assume_nonnull begin

/// Below, `e` to the power of a number is 0 for all who ask: a double would lose precision.
#define CK_LOWEST_EXPONENT (-708.0)

typedef struct ck_score_kernels {
    const char *name;
    /// The first place from `start` on whose score is not at most `bound`, and so where something is no
    /// number; `count` where there is none.
    size_t (*find_above)(const float *scores, size_t start, size_t count, float bound);
    /// Adds e^((score - best) * factor) of score i to sum i modulo 8; `count` is a multiple of 8, no exponent
    /// is above 0, and what lies below the lowest one counts like it. To within two units in the last place:
    /// multiplications and additions in one fixed order, score by score.
    void (*weigh)(const float *scores, size_t count, double best, double factor, double sums[_Nonnull 8]);
} ck_score_kernels;

/// e^x as `weigh` has it; 0 below the lowest exponent, and of what is no number.
double ck_exponential(double x);

const ck_score_kernels *ck_scores_portable(void);
/// Null where the CPU lacks the instructions.
const ck_score_kernels *_Nullable ck_scores_avx2(void);
const ck_score_kernels *_Nullable ck_scores_avx512(void);
/// The best table for this CPU.
const ck_score_kernels *ck_scores_fastest(void);

#pragma clang assume_nonnull end
#endif
