// Attention in plain C, a row and a position at a time: what the other tables agree with, bit for bit.
#include <math.h>
#include <string.h>

#include "attention.h"
#include "blocks.h"
#include "portable_functions.h"
#include "tables.h"

static float number_in(int32_t kind, const uint8_t *from) {
    if (kind == CK_KV_Q8) return (float)(int8_t)*from;
    return number_at(kind == CK_KV_F32 ? CK_F32 : CK_F16, from, 0);
}

/// A position's key and value.
typedef struct {
    const uint8_t *key, *value;
    size_t key_stride, value_stride;
    float key_scale, value_scale;
} entry;

static entry entry_at(const ck_attention *a, size_t position) {
    size_t block = a->blocks[position / a->block_tokens] * a->block_bytes, slot = position % a->block_tokens;
    kv_place key = key_place(a->kind, a->head_dim, a->block_tokens, slot);
    kv_place value = value_place(a->kind, a->head_dim, a->block_tokens, slot);
    const uint8_t *keys = a->keys + block, *values = a->values + block;
    int scaled = a->kind == CK_KV_Q8;
    return (entry){
        .key = keys + key.numbers,
        .value = values + value.numbers,
        .key_stride = key.stride,
        .value_stride = value.stride,
        .key_scale = scaled ? f32_of_bits(u32_at(keys + key.scale)) : 1,
        .value_scale = scaled ? f32_of_bits(u32_at(values + value.scale)) : 1,
    };
}

static float score(const ck_attention *a, const float *query, const entry *e) {
    float sum = 0;
    for (size_t d = 0; d < a->head_dim; d++) {
        sum = fmaf(query[d] * a->scale, number_in(a->kind, e->key + d * e->key_stride), sum);
    }
    if (a->kind == CK_KV_Q8) sum *= e->key_scale;
    return a->soft_cap > 0 ? tanh_of(sum / a->soft_cap) * a->soft_cap : sum;
}

/// Softmax of one row over what it has seen so far; the values' sums are in its output.
typedef struct {
    float top, totals[GROUP];
} running;

static void see(const ck_attention *a, const float *query, float *sums, running *state, range seen) {
    float scores[STRETCH], top = state->top;
    for (size_t p = seen.first; p < seen.last; p++) {
        entry e = entry_at(a, p);
        scores[p % STRETCH] = score(a, query, &e);
        if (scores[p % STRETCH] > top) top = scores[p % STRETCH];
    }
    float shrink = exp_of(state->top - top);
    state->top = top;
    for (size_t lane = 0; lane < GROUP; lane++) state->totals[lane] *= shrink;
    for (size_t d = 0; d < a->head_dim; d++) sums[d] *= shrink;
    for (size_t p = seen.first; p < seen.last; p++) {
        entry e = entry_at(a, p);
        float weight = exp_of(scores[p % STRETCH] - top);
        state->totals[p % GROUP] += weight;
        if (a->kind == CK_KV_Q8) weight *= e.value_scale;
        for (size_t d = 0; d < a->head_dim; d++) {
            sums[d] = fmaf(weight, number_in(a->kind, e.value + d * e.value_stride), sums[d]);
        }
    }
}

static void attend_row(const ck_attention *a, size_t token, size_t head) {
    const float *query = a->queries + token * a->query_stride + head * a->head_dim;
    float *out = a->out + token * a->out_stride + head * a->head_dim;
    running state = {.top = a->sinks ? a->sinks[head] : -INFINITY, .totals = {a->sinks ? 1 : 0}};
    for (size_t d = 0; d < a->head_dim; d++) out[d] = 0;
    range sight = sight_of(a, token);
    while (sight.first < sight.last) {
        size_t end = lesser((sight.first / STRETCH + 1) * STRETCH, sight.last);
        see(a, query, out, &state, (range){sight.first, end});
        sight.first = end;
    }
    for (size_t half = GROUP / 2; half > 0; half /= 2) {
        for (size_t lane = 0; lane < half; lane++) state.totals[lane] += state.totals[lane + half];
    }
    for (size_t d = 0; d < a->head_dim; d++) out[d] /= state.totals[0];
}

void attend_portable(const ck_attention *a) {
    for (size_t token = 0; token < a->tokens; token++) {
        for (size_t head = 0; head < a->heads; head++) attend_row(a, token, head);
    }
}
