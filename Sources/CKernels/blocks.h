// What packed weights mean as 32-bit numbers.
//
// Every function gives the same bits as the programs that defined its format: each product and each sum is
// rounded by itself, in the format's own order. Included by each table's file, so that every instruction set
// gets a version of its own from the one source.
#ifndef CKERNELS_BLOCKS_H
#define CKERNELS_BLOCKS_H

#include <string.h>

#include "ckernels.h"

// A fused multiply-add would round once where the formats round twice.
#pragma STDC FP_CONTRACT OFF

#define BLOCK static inline __attribute__((always_inline))

/// Before a loop that becomes vector instructions only if it is not unrolled first.
#define KEEP_LOOP _Pragma("clang loop unroll(disable)")

/// Packed columns are unpacked so many at a time: a multiple of every block and group.
enum { CHUNK = 256 };

// --- single numbers ------------------------------------------------------------------------------

BLOCK float f32_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

BLOCK float f32_of_f16(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = (half >> 10) & 31, mantissa = half & 0x3ff;
    if (exponent == 0) {
        float value = (float)mantissa * 0x1p-24f;  // zero or subnormal
        return sign ? -value : value;
    }
    if (exponent == 31) return f32_of_bits(sign | 0x7f800000 | mantissa << 13 | (mantissa ? 0x400000 : 0));
    return f32_of_bits(sign | (exponent + 112) << 23 | mantissa << 13);
}

BLOCK float f32_of_bf16(uint16_t half) { return f32_of_bits((uint32_t)half << 16); }

/// 2^(exponent - 127); 255 is not a number.
BLOCK float f32_of_e8m0(uint8_t exponent) {
    if (exponent == 255) return f32_of_bits(0x7fc00000);
    return f32_of_bits(exponent ? (uint32_t)exponent << 23 : 0x00400000);
}

/// Half of 2^(exponent - 127), which is the largest of these that a 32-bit number holds.
BLOCK float half_of_e8m0(uint8_t exponent) {
    return f32_of_bits(exponent < 2 ? 0x00200000u << exponent : (uint32_t)(exponent - 1) << 23);
}

/// Four bits of exponent, three of mantissa, no infinities.
BLOCK float f32_of_e4m3(uint8_t byte) {
    uint32_t sign = (uint32_t)(byte & 0x80) << 24, rest = byte & 0x7f;
    if (rest == 0x7f) return f32_of_bits(sign | 0x7fc00000);
    if (rest < 8) return f32_of_bits(sign) + (sign ? -1.0f : 1.0f) * (float)rest * 0x1p-9f;
    return f32_of_bits(sign | (rest + (120u << 3)) << 20);
}

BLOCK uint16_t u16_at(const uint8_t *from) {
    uint16_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

BLOCK uint32_t u32_at(const uint8_t *from) {
    uint32_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

BLOCK float f16_at(const uint8_t *from) { return f32_of_f16(u16_at(from)); }

BLOCK float number_at(int32_t dtype, const uint8_t *from, size_t index) {
    switch (dtype) {
    case CK_F32: return f32_of_bits(u32_at(from + index * 4));
    case CK_F16: return f16_at(from + index * 2);
    case CK_BF16: return f32_of_bf16(u16_at(from + index * 2));
    default: return f32_of_e8m0(from[index]);
    }
}

// --- blocks that hold their own scales -----------------------------------------------------------

/// Sixteen levels that are closer together near zero.
static const int8_t UNEVEN[16] = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
};

/// Twice the values of a four-bit float: one bit of sign, two of exponent, one of mantissa.
static const int8_t TWICE_E2M1[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

BLOCK void read_q8_0(const uint8_t *restrict b, float *restrict to) {
    float d = f16_at(b);
    for (int i = 0; i < 32; i++) to[i] = (float)(int8_t)b[2 + i] * d;
}

BLOCK void read_q4_0(const uint8_t *restrict b, float *restrict to) {
    float d = f16_at(b);
    for (int i = 0; i < 16; i++) {
        to[i] = (float)((b[2 + i] & 15) - 8) * d;
        to[i + 16] = (float)((b[2 + i] >> 4) - 8) * d;
    }
}

BLOCK void read_q4_1(const uint8_t *restrict b, float *restrict to) {
    float d = f16_at(b), m = f16_at(b + 2);
    for (int i = 0; i < 16; i++) {
        to[i] = (float)(b[4 + i] & 15) * d + m;
        to[i + 16] = (float)(b[4 + i] >> 4) * d + m;
    }
}

BLOCK void read_q5_0(const uint8_t *restrict b, float *restrict to) {
    float d = f16_at(b);
    uint32_t fifth = u32_at(b + 2);
    for (int i = 0; i < 16; i++) {
        int low = (b[6 + i] & 15) | (int)(fifth >> i & 1) << 4;
        int high = b[6 + i] >> 4 | (int)(fifth >> (i + 16) & 1) << 4;
        to[i] = (float)(low - 16) * d;
        to[i + 16] = (float)(high - 16) * d;
    }
}

BLOCK void read_q5_1(const uint8_t *restrict b, float *restrict to) {
    float d = f16_at(b), m = f16_at(b + 2);
    uint32_t fifth = u32_at(b + 4);
    for (int i = 0; i < 16; i++) {
        int low = (b[8 + i] & 15) | (int)(fifth >> i & 1) << 4;
        int high = b[8 + i] >> 4 | (int)(fifth >> (i + 16) & 1) << 4;
        to[i] = (float)low * d + m;
        to[i + 16] = (float)high * d + m;
    }
}

/// 16 bytes of scale (low) and minimum (high), 64 of two-bit levels, d, dmin.
BLOCK void read_q2_k(const uint8_t *restrict b, float *restrict to) {
    float d = f16_at(b + 80), dmin = f16_at(b + 82);
    for (int part = 0; part < 16; part++) {
        const uint8_t *levels = b + 16 + part / 8 * 32 + part % 2 * 16;
        int shift = part % 8 / 2 * 2;
        float scale = d * (float)(b[part] & 15), minimum = dmin * (float)(b[part] >> 4);
        KEEP_LOOP
        for (int i = 0; i < 16; i++) to[part * 16 + i] = scale * (float)(levels[i] >> shift & 3) - minimum;
    }
}

/// 32 bytes of third bits, 64 of lower two, 12 of six-bit scales, d.
BLOCK void read_q3_k(const uint8_t *restrict b, float *restrict to) {
    float d = f16_at(b + 108);
    const uint8_t *scales = b + 96;
    for (int part = 0; part < 16; part++) {
        int low = part < 8 ? scales[part] & 15 : scales[part - 8] >> 4;
        int high = scales[8 + part % 4] >> part / 4 * 2 & 3;
        float scale = d * (float)((low | high << 4) - 32);
        const uint8_t *levels = b + 32 + part / 8 * 32 + part % 2 * 16, *thirds = b + part % 2 * 16;
        int shift = part % 8 / 2 * 2, third = part / 2;
        KEEP_LOOP
        for (int i = 0; i < 16; i++) {
            int level = (levels[i] >> shift & 3) | (thirds[i] >> third & 1) << 2;
            to[part * 16 + i] = scale * (float)(level - 4);
        }
    }
}

/// Scale and minimum `part` of eight each, six bits wide, out of twelve bytes.
BLOCK void scale_and_minimum(const uint8_t *packed, int part, float *scale, float *minimum) {
    if (part < 4) {
        *scale = (float)(packed[part] & 63);
        *minimum = (float)(packed[part + 4] & 63);
    } else {
        *scale = (float)((packed[part + 4] & 15) | packed[part - 4] >> 6 << 4);
        *minimum = (float)(packed[part + 4] >> 4 | packed[part] >> 6 << 4);
    }
}

/// d, dmin, 12 bytes of scales and minima, 128 of levels.
BLOCK void read_q4_k(const uint8_t *restrict b, float *restrict to) {
    float d = f16_at(b), dmin = f16_at(b + 2);
    for (int part = 0; part < 8; part++) {
        float scale, minimum;
        scale_and_minimum(b + 4, part, &scale, &minimum);
        scale *= d;
        minimum *= dmin;
        const uint8_t *levels = b + 16 + part / 2 * 32;
        int shift = part % 2 * 4;
        for (int i = 0; i < 32; i++) to[part * 32 + i] = scale * (float)(levels[i] >> shift & 15) - minimum;
    }
}

/// As Q4_K, with 32 bytes of fifth bits before the levels.
BLOCK void read_q5_k(const uint8_t *restrict b, float *restrict to) {
    float d = f16_at(b), dmin = f16_at(b + 2);
    const uint8_t *fifths = b + 16;
    for (int part = 0; part < 8; part++) {
        float scale, minimum;
        scale_and_minimum(b + 4, part, &scale, &minimum);
        scale *= d;
        minimum *= dmin;
        const uint8_t *levels = b + 48 + part / 2 * 32;
        int shift = part % 2 * 4;
        for (int i = 0; i < 32; i++) {
            int level = (levels[i] >> shift & 15) | (fifths[i] >> part & 1) << 4;
            to[part * 32 + i] = scale * (float)level - minimum;
        }
    }
}

/// 128 bytes of lower four bits, 64 of upper two, 16 signed scales, d.
BLOCK void read_q6_k(const uint8_t *restrict b, float *restrict to) {
    float d = f16_at(b + 208);
    for (int part = 0; part < 16; part++) {
        int half = part / 8, quarter = part % 8 / 2, start = part % 2 * 16;
        const uint8_t *low = b + half * 64 + quarter % 2 * 32 + start;
        const uint8_t *high = b + 128 + half * 32 + start;
        int low_shift = quarter / 2 * 4, high_shift = quarter * 2;
        float scale = d * (float)(int8_t)b[192 + part];
        KEEP_LOOP
        for (int i = 0; i < 16; i++) {
            int level = (low[i] >> low_shift & 15) | (high[i] >> high_shift & 3) << 4;
            to[part * 16 + i] = scale * (float)(level - 32);
        }
    }
}

/// Sixteen bytes: low halves first, then high ones, as places in `levels`.
BLOCK void read_levels(const uint8_t *packed, const int8_t levels[16], float scale, float *to) {
    for (int i = 0; i < 16; i++) {
        to[i] = scale * (float)levels[packed[i] & 15];
        to[i + 16] = scale * (float)levels[packed[i] >> 4];
    }
}

BLOCK void read_iq4_nl(const uint8_t *restrict b, float *restrict to) {
    read_levels(b + 2, UNEVEN, f16_at(b), to);
}

/// d, 16 bits of upper scale bits, 4 bytes of lower ones, 128 of levels.
BLOCK void read_iq4_xs(const uint8_t *restrict b, float *restrict to) {
    float d = f16_at(b);
    uint32_t high = u16_at(b + 2);
    for (int part = 0; part < 8; part++) {
        int scale = (b[4 + part / 2] >> part % 2 * 4 & 15) | (int)(high >> part * 2 & 3) << 4;
        read_levels(b + 8 + part * 16, UNEVEN, d * (float)(scale - 32), to + part * 32);
    }
}

BLOCK void read_mxfp4(const uint8_t *restrict b, float *restrict to) {
    read_levels(b + 1, TWICE_E2M1, half_of_e8m0(b[0]), to);
}

// --- packed numbers whose scales lie elsewhere ---------------------------------------------------

/// 32 numbers of `bits` each, from the lowest bit of the first byte on.
BLOCK void read_bits(const uint8_t *from, int bits, float scale, float offset, float *to) {
    for (int eight = 0; eight < 4; eight++) {
        uint64_t packed = 0;
        memcpy(&packed, from + eight * bits, (size_t)bits);
        for (int i = 0; i < 8; i++) {
            to[eight * 8 + i] = (float)(int32_t)(packed >> i * bits & ((1u << bits) - 1)) * scale + offset;
        }
    }
}

BLOCK void read_nibble_floats(const uint8_t *from, float scale, float *to) {
    for (int i = 0; i < 16; i++) {
        to[2 * i] = (float)TWICE_E2M1[from[i] & 15] * 0.5f * scale;
        to[2 * i + 1] = (float)TWICE_E2M1[from[i] >> 4] * 0.5f * scale;
    }
}

BLOCK void read_byte_floats(const uint8_t *from, float scale, float *to) {
    for (int i = 0; i < 32; i++) to[i] = f32_of_e4m3(from[i]) * scale;
}

/// Numbers of a row from `column` on, 32 of them at a time with one scale each.
BLOCK void read_scaled(const ck_matrix *m, int bits, size_t row, size_t column, size_t count, float *to) {
    const ck_scales *s = &m->scales;
    const uint8_t *from = (const uint8_t *)m->weights + (row * m->columns + column) / 8 * (size_t)bits;
    size_t per_row = (m->columns + s->group_columns - 1) / s->group_columns;
    size_t first = (s->first_row + row) / s->group_rows * per_row;
    for (size_t i = 0; i < count; i += 32, from += 4 * bits, to += 32) {
        size_t group = first + (column + i) / s->group_columns;
        float scale = number_at(s->dtype, s->values, group);
        if (m->dtype == CK_E2M1) {
            read_nibble_floats(from, scale, to);
        } else if (m->dtype == CK_E4M3) {
            read_byte_floats(from, scale, to);
        } else {
            read_bits(from, bits, scale, number_at(s->dtype, s->offsets, group), to);
        }
    }
}

// --- rows ----------------------------------------------------------------------------------------

#define READ_BLOCKS(read, dtype)                                                                     \
    for (size_t i = 0; i < count; i += ck_block_elements(dtype)) {                                   \
        read(from + i / ck_block_elements(dtype) * ck_block_bytes(dtype), to + i);                   \
    }                                                                                                \
    break

/// `count` numbers of a row of a packed matrix; `column` is a multiple of CHUNK, `count` of a block.
BLOCK void read_packed(const ck_matrix *m, size_t row, size_t column, size_t count, float *to) {
    size_t block = (row * m->columns + column) / ck_block_elements(m->dtype);
    const uint8_t *from = (const uint8_t *)m->weights + block * ck_block_bytes(m->dtype);
    switch (m->dtype) {
    case CK_Q8_0: READ_BLOCKS(read_q8_0, CK_Q8_0);
    case CK_Q4_0: READ_BLOCKS(read_q4_0, CK_Q4_0);
    case CK_Q4_1: READ_BLOCKS(read_q4_1, CK_Q4_1);
    case CK_Q5_0: READ_BLOCKS(read_q5_0, CK_Q5_0);
    case CK_Q5_1: READ_BLOCKS(read_q5_1, CK_Q5_1);
    case CK_Q2_K: READ_BLOCKS(read_q2_k, CK_Q2_K);
    case CK_Q3_K: READ_BLOCKS(read_q3_k, CK_Q3_K);
    case CK_Q4_K: READ_BLOCKS(read_q4_k, CK_Q4_K);
    case CK_Q5_K: READ_BLOCKS(read_q5_k, CK_Q5_K);
    case CK_Q6_K: READ_BLOCKS(read_q6_k, CK_Q6_K);
    case CK_IQ4_NL: READ_BLOCKS(read_iq4_nl, CK_IQ4_NL);
    case CK_IQ4_XS: READ_BLOCKS(read_iq4_xs, CK_IQ4_XS);
    case CK_MXFP4: READ_BLOCKS(read_mxfp4, CK_MXFP4);
    case CK_U2: read_scaled(m, 2, row, column, count, to); break;
    case CK_U3: read_scaled(m, 3, row, column, count, to); break;
    case CK_U4: read_scaled(m, 4, row, column, count, to); break;
    case CK_U5: read_scaled(m, 5, row, column, count, to); break;
    case CK_U6: read_scaled(m, 6, row, column, count, to); break;
    case CK_U8: read_scaled(m, 8, row, column, count, to); break;
    case CK_E2M1: read_scaled(m, 4, row, column, count, to); break;
    default: read_scaled(m, 8, row, column, count, to); break;  // CK_E4M3
    }
}

#undef READ_BLOCKS

#endif
