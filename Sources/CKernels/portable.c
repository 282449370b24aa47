// Plain C for any CPU. Written to be read: the other files must agree with it up to rounding.
#include <math.h>
#include <string.h>

#include "blocks.h"
#include "ckernels.h"
#include "tables.h"

enum { LANES = 8 };

/// Tokens that a packed row is unpacked for at once.
enum { PACKED_TOKENS = 32 };

static uint16_t f16_of_f32(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    uint32_t magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) return sign | 0x7e00 | (uint16_t)(magnitude >> 13 & 0x3ff);
    if (magnitude >= 0x477ff000) return sign | 0x7c00;  // rounds past 65504
    if (magnitude < 0x38800000) {                       // subnormal: adding 0.5 leaves multiples of 2^-24
        float rounded;
        memcpy(&rounded, &magnitude, sizeof rounded);
        rounded += 0.5f;
        memcpy(&bits, &rounded, sizeof bits);
        return sign | (uint16_t)(bits - 0x3f000000);
    }
    uint32_t odd = magnitude >> 13 & 1;
    return sign | (uint16_t)((magnitude + 0xfff + odd - (112u << 23)) >> 13);
}

static uint16_t bf16_of_f32(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static void widen(int32_t dtype, const void *from, size_t count, float *to) {
    for (size_t i = 0; i < count; i++) to[i] = number_at(dtype, from, i);
}

static void narrow(int32_t dtype, const float *from, size_t count, void *to) {
    if (dtype == CK_F32) {
        memcpy(to, from, count * sizeof *from);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint16_t half = dtype == CK_F16 ? f16_of_f32(from[i]) : bf16_of_f32(from[i]);
        memcpy((uint8_t *)to + i * 2, &half, 2);
    }
}

static float sum(const float lanes[LANES]) {
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

static float dot(int32_t dtype, const uint8_t *row, const float *x, size_t count) {
    float lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (size_t lane = 0; lane < LANES; lane++) {
            lanes[lane] += number_at(dtype, row, i + lane) * x[i + lane];
        }
    }
    for (; i < count; i++) lanes[i % LANES] += number_at(dtype, row, i) * x[i];
    return sum(lanes);
}

static void put(const ck_matrix *m, const ck_product *p, size_t row, size_t token, float value) {
    if (m->bias) value += m->bias[row];
    float *y = p->y + token * p->y_stride + row;
    *y = p->accumulate ? *y + value : value;
}

/// A row times some tokens. It is unpacked piece by piece; between the pieces the tokens' lanes wait.
static void multiply_packed(const ck_matrix *m, const ck_product *p, size_t row, size_t first, size_t last) {
    float lanes[PACKED_TOKENS][LANES] = {{0}}, weights[CHUNK];
    for (size_t k = 0; k < m->columns; k += CHUNK) {
        size_t count = m->columns - k < CHUNK ? m->columns - k : CHUNK;
        read_packed(m, row, k, count, weights);
        for (size_t t = first; t < last; t++) {
            const float *x = p->x + t * p->x_stride + k;
            for (size_t i = 0; i < count; i++) lanes[t - first][i % LANES] += weights[i] * x[i];
        }
    }
    for (size_t t = first; t < last; t++) put(m, p, row, t, sum(lanes[t - first]));
}

static void multiply(const ck_matrix *m, const ck_product *p) {
    for (size_t r = p->first_row; r < p->last_row; r++) {
        if (m->dtype > CK_BF16) {
            for (size_t t = 0; t < p->tokens; t += PACKED_TOKENS) {
                multiply_packed(m, p, r, t, p->tokens - t < PACKED_TOKENS ? p->tokens : t + PACKED_TOKENS);
            }
            continue;
        }
        const uint8_t *row = (const uint8_t *)m->weights + r * m->columns * ck_block_bytes(m->dtype);
        for (size_t t = 0; t < p->tokens; t++) {
            put(m, p, r, t, dot(m->dtype, row, p->x + t * p->x_stride, m->columns));
        }
    }
}

static void read_row(const ck_matrix *m, size_t row, float *to) {
    if (m->dtype <= CK_BF16) {
        size_t row_bytes = m->columns * ck_block_bytes(m->dtype);
        widen(m->dtype, (const uint8_t *)m->weights + row * row_bytes, m->columns, to);
    } else {
        read_packed(m, row, 0, m->columns, to);
    }
}

static void rms_norm(const float *x, const float *weight, size_t count, float epsilon, float *y) {
    float factor = 1 / sqrtf(dot(CK_F32, (const uint8_t *)x, x, count) / (float)count + epsilon);
    for (size_t i = 0; i < count; i++) y[i] = x[i] * factor * weight[i];
}

static void rotate(float *x, const float *cosines, const float *sines, size_t half) {
    for (size_t i = 0; i < half; i++) {
        float first = x[i], second = x[i + half];
        x[i] = first * cosines[i] - second * sines[i];
        x[i + half] = second * cosines[i] + first * sines[i];
    }
}

static void layer_norm(
    const float *x, const float *weight, const float *bias, size_t count, float epsilon, float *y
) {
    float lanes[LANES] = {0}, squares[LANES] = {0};
    for (size_t i = 0; i < count; i++) lanes[i % LANES] += x[i];
    float mean = sum(lanes) / (float)count;
    for (size_t i = 0; i < count; i++) squares[i % LANES] += (x[i] - mean) * (x[i] - mean);
    float factor = 1 / sqrtf(sum(squares) / (float)count + epsilon);
    for (size_t i = 0; i < count; i++) y[i] = (x[i] - mean) * factor * weight[i] + (bias ? bias[i] : 0);
}

static void rotate_pairs(float *x, const float *cosines, const float *sines, size_t half) {
    for (size_t i = 0; i < half; i++) {
        float first = x[2 * i], second = x[2 * i + 1];
        x[2 * i] = first * cosines[i] - second * sines[i];
        x[2 * i + 1] = second * cosines[i] + first * sines[i];
    }
}

static float sigmoid(float x) { return 1 / (1 + expf(-x)); }

/// Everything but CK_SWIGLU.
static float bent(int32_t kind, float x) {
    switch (kind) {
    case CK_SILU: return x * sigmoid(x);
    case CK_GELU: return 0.5f * x * erfcf(-x * 0.70710678f);
    // 0.5 (1 + tanh(u)) = sigmoid(2 u)
    case CK_GELU_TANH: return x * sigmoid(1.59576912f * (x + 0.044715f * x * x * x));
    case CK_RELU: return x < 0 ? 0 : x;
    default: return x < 0 ? 0 : x * x;
    }
}

static void activate(const ck_activation *activation, float *x, const float *other, size_t count) {
    float limit = activation->limit;
    for (size_t i = 0; i < count; i++) {
        if (activation->kind == CK_SWIGLU) {
            float gate = x[i] > limit ? limit : x[i];
            float up = !other ? 0 : other[i] > limit ? limit : other[i] < -limit ? -limit : other[i];
            x[i] = gate * sigmoid(activation->alpha * gate) * (up + 1);
        } else {
            x[i] = bent(activation->kind, x[i]) * (other ? other[i] : 1);
        }
    }
}

static void soft_cap(float *x, size_t count, float cap) {
    for (size_t i = 0; i < count; i++) x[i] = cap * tanhf(x[i] / cap);
}

static void add_scaled(float *y, const float *x, float scale, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] += scale * x[i];
}

const ck_kernels *ck_portable(void) {
    static const ck_kernels table = {
        .name = "portable",
        .multiply = multiply,
        .multiply_panels = panels_multiply_portable,
        .round = panels_round_portable,
        .rms_norm = rms_norm,
        .layer_norm = layer_norm,
        .rotate = rotate,
        .rotate_pairs = rotate_pairs,
        .activate = activate,
        .soft_cap = soft_cap,
        .add_scaled = add_scaled,
        .keep = keep_portable,
        .attend = attend_portable,
        .widen = widen,
        .narrow = narrow,
        .read_row = read_row,
    };
    return &table;
}
