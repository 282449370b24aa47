// Full-width numbers into blocks, in the way in which the formats' own tools round.
#include <math.h>
#include <string.h>

#include "ckernels.h"

#pragma STDC FP_CONTRACT OFF

static int rounded(float value, float low, float high) {
    // Written so that what is not a number becomes `low`: converting it would be undefined.
    if (!(value > low)) return (int)low;
    return (int)(value < high ? value : high);
}

/// The scale as 127 parts of the largest number.
static void write_q8_0(const float *x, uint8_t *to) {
    float largest = 0;
    for (int i = 0; i < 32; i++) largest = fmaxf(largest, fabsf(x[i]));
    float d = largest / 127, inverse = d != 0 ? 1 / d : 0;
    ck_portable()->narrow(CK_F16, &d, 1, to);
    for (int i = 0; i < 32; i++) to[2 + i] = (uint8_t)(int8_t)rounded(roundf(x[i] * inverse), -127, 127);
}

/// The number farthest from zero becomes exactly -8 times the scale.
static void write_q4_0(const float *x, uint8_t *to) {
    float farthest = 0;
    for (int i = 0; i < 32; i++) farthest = fabsf(x[i]) > fabsf(farthest) ? x[i] : farthest;
    float d = farthest / -8, inverse = d != 0 ? 1 / d : 0;
    ck_portable()->narrow(CK_F16, &d, 1, to);
    for (int i = 0; i < 16; i++) {
        int low = rounded(x[i] * inverse + 8.5f, 0, 15), high = rounded(x[i + 16] * inverse + 8.5f, 0, 15);
        to[2 + i] = (uint8_t)(low | high << 4);
    }
}

void ck_quantize(int32_t dtype, const float *from, size_t count, void *to) {
    uint8_t *bytes = to;
    for (size_t i = 0; i < count; i += 32, bytes += ck_block_bytes(dtype)) {
        if (dtype == CK_Q8_0) {
            write_q8_0(from + i, bytes);
        } else {
            write_q4_0(from + i, bytes);
        }
    }
}
