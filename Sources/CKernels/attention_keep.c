// Keys and values on their way into blocks.
#include <float.h>
#include <math.h>
#include <string.h>

#include "attention.h"
#include "tables.h"

/// Numbers that are converted at once.
enum { SOME = 64 };

/// What numbers of eight bits are multiples of: the largest magnitude / 127. 0 where all are too small to
/// have a scale; where one is not finite, no number, and so becomes all that is computed from them.
static float scale_of(const float *x, size_t count) {
    float most = 0;
    int finite = 1;
    for (size_t i = 0; i < count; i++) {
        float size = fabsf(x[i]);
        finite &= size <= FLT_MAX;
        most = size > most ? size : most;
    }
    return finite ? most / 127 : NAN;
}

/// level = x / scale, -127...127, to nearest, ties to even.
static void round_levels(const float *restrict x, float scale, size_t count, int8_t *restrict to) {
    if (!(scale > 0)) {
        memset(to, 0, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        float level = x[i] / scale;
        level = level > 127 ? 127 : level < -127 ? -127 : level;
        to[i] = (int8_t)(int32_t)((level + 12582912.0f) - 12582912.0f);  // 1.5 * 2^23 leaves no fraction
    }
}

typedef void narrowing(int32_t dtype, const float *from, size_t count, void *to);

/// Writes numbers of `kind`, a number every `stride` bytes.
static void put(
    int32_t kind, const float *from, size_t count, kv_place place, uint8_t *to, narrowing *narrow
) {
    float scale = 0;
    if (kind == CK_KV_Q8) {
        scale = scale_of(from, count);
        memcpy(to + place.scale, &scale, sizeof scale);
    }
    to += place.numbers;
    for (size_t start = 0; start < count; start += SOME) {
        size_t some = lesser(SOME, count - start);
        uint16_t halves[SOME];
        int8_t levels[SOME];
        uint8_t *target = to + start * place.stride;
        switch (kind) {
        case CK_KV_F32:
            for (size_t i = 0; i < some; i++) memcpy(target + i * place.stride, from + start + i, 4);
            break;
        case CK_KV_F16:
            narrow(CK_F16, from + start, some, halves);
            for (size_t i = 0; i < some; i++) memcpy(target + i * place.stride, halves + i, 2);
            break;
        default:
            round_levels(from + start, scale, some, levels);
            for (size_t i = 0; i < some; i++) target[i * place.stride] = (uint8_t)levels[i];
        }
    }
}

static void keep(const ck_kv_entry *e, narrowing *narrow) {
    kv_place key = key_place(e->kind, e->head_dim, e->block_tokens, e->slot);
    kv_place value = value_place(e->kind, e->head_dim, e->block_tokens, e->slot);
    put(e->kind, e->key, e->head_dim, key, e->keys, narrow);
    put(e->kind, e->value, e->head_dim, value, e->values, narrow);
}

void keep_portable(const ck_kv_entry *e) { keep(e, ck_portable()->narrow); }

void keep_avx2(const ck_kv_entry *e) { keep(e, ck_avx2()->narrow); }

size_t ck_attention_scratch(size_t rows, size_t head_dim) {
    return workspace_of(NULL, rows, head_dim).count;
}
