// Functions of one number in plain C, with the bits of those in avx2_functions.h: the same operations in the
// same order, where the comparisons say what becomes of a number that is none.
#ifndef PORTABLE_FUNCTIONS_H
#define PORTABLE_FUNCTIONS_H

#include <math.h>

#include "blocks.h"

static inline float smaller(float a, float b) { return a < b ? a : b; }
static inline float larger(float a, float b) { return a > b ? a : b; }

/// e^x with an error of about one unit in the last place; 0 below the smallest normal number.
static inline float exp_of(float x) {
    static const float series[] = {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1, 1};
    const float low = -87.3f, high = 88.3f;
    int is_tiny = x < low;
    x = larger(low, smaller(high, x));
    float n = rintf(x * 1.44269504f);
    float r = fmaf(-n, 1.42860677e-6f, fmaf(-n, 0.693145752f, x));
    float y = 1.0f / 5040;
    for (size_t i = 0; i < sizeof series / sizeof *series; i++) y = fmaf(y, r, series[i]);
    uint32_t exponent = n == n ? (uint32_t)((int)n + 127) : 127;
    return is_tiny ? 0 : y * f32_of_bits(exponent << 23);
}

/// x / (1 + e^-slope).
static inline float sigmoid_of(float x, float slope) { return x / (1 + exp_of(-slope)); }

/// With an error of about two units in the last place: a series near 0, e^-2x elsewhere.
static inline float tanh_of(float x) {
    float size = fabsf(x), square = x * x, e = exp_of(size * -2);
    float far = (1 - e) / (1 + e);
    float near = fmaf(62.0f / 2835, square, -17.0f / 315);
    near = fmaf(near, square, 2.0f / 15);
    near = fmaf(near, square, -1.0f / 3);
    near = fmaf(near * square, size, size);
    return copysignf(size < 0.25f ? near : far, x);
}

/// The share of a normal distribution below x.
static inline float normal_share_of(float x) {
    static const float fit[] = {
        0.17087277f, -0.82215223f, 1.48851587f, -1.13520398f, 0.27886807f,
        -0.18628806f, 0.09678418f, 0.37409196f, 1.00002368f, -1.26551223f,
    };
    float z = fabsf(x) * 0.70710678f, t = 1 / fmaf(z, 0.5f, 1), power = fit[0];
    for (size_t i = 1; i < sizeof fit / sizeof *fit; i++) power = fmaf(power, t, fit[i]);
    float above = t * 0.5f * exp_of(fmaf(-z, z, power));
    return x > 0 ? 1 - above : above;
}

static inline float activated(const ck_activation *a, float x, float other) {
    switch (a->kind) {
    case CK_SILU: return sigmoid_of(x, x) * other;
    case CK_GELU: return x * normal_share_of(x) * other;
    case CK_GELU_TANH: return sigmoid_of(x, fmaf(x * x * x, 0.044715f, x) * 1.59576912f) * other;
    case CK_RELU: return larger(0, x) * other;
    case CK_RELU2: return larger(0, x) * larger(0, x) * other;
    default:
        x = smaller(a->limit, x);
        other = larger(-a->limit, smaller(a->limit, other));
        return sigmoid_of(x, x * a->alpha) * (other + 1);
    }
}

#endif
