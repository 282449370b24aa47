// What the attention of all instruction sets has in common.
//
// A row is one query head of one token. Every instruction set computes it by these steps, each operation
// rounded to 32 bits by itself, and so they all give the same bits, whichever rows and positions they compute
// at the same time:
//
//  1. query[d] = query[d] * scale
//  2. For each position p that the row sees: score[p] = 0, then fma(query[d], key[p, d], score[p]) for each d
//     in turn; times the key's scale, where it has one; cap * tanh(score[p] / cap), where there is a cap.
//  3. For each stretch of 64 positions, counted from position 0, of which the row sees any:
//         top' = the largest of top and the stretch's scores; shrink = exp(top - top')
//         weight[p] = exp(score[p] - top')
//         total[lane] = total[lane] * shrink, then + weight[p] for each p in turn with p % 16 = lane
//         sum[d] = sum[d] * shrink, then fma(weight[p], value[p, d], sum[d]) for each p in turn; here the
//         weight is first multiplied by the value's scale, where it has one
//  4. The totals become one: of 16, number i takes number i + 8, then i + 4, i + 2 and i + 1.
//     out[d] = sum[d] / total
//
// A row begins with sums and totals of 0 and a top of -infinity; with a sink, with that as its top and with
// 1 in total[0]. What a row does not see takes no part.
#ifndef CKERNELS_ATTENTION_H
#define CKERNELS_ATTENTION_H

#include "ckernels.h"

enum {
    GROUP = CK_KV_GROUP,
    GROUPS = 4,
    STRETCH = GROUP * GROUPS,
    /// Rows that are computed together: as many as keep their sums in registers.
    ROWS = 6,
    /// Numbers in a cache line.
    LINE = 16,
};

/// Positions first..<last.
typedef struct {
    size_t first, last;
} range;

static inline size_t lesser(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t greater(size_t a, size_t b) { return a > b ? a : b; }

static inline size_t whole_lines(size_t count) { return (count + LINE - 1) / LINE * LINE; }

/// What a token sees.
static inline range sight_of(const ck_attention *a, size_t token) {
    size_t position = a->first_position + token;
    return (range){
        .first = position > a->behind ? position - a->behind : 0,
        .last = position + 1 + lesser(a->positions - position - 1, a->ahead),
    };
}

/// Where a position's key or value lies, in bytes from the first of its head in the block.
typedef struct {
    size_t numbers;
    size_t stride;  // from one number to the next
    size_t scale;
} kv_place;

static inline size_t number_bytes(int32_t kind) { return kind == CK_KV_F32 ? 4 : kind == CK_KV_F16 ? 2 : 1; }

static inline kv_place key_place(int32_t kind, size_t dim, size_t block_tokens, size_t slot) {
    size_t lane = slot % GROUP, start = (slot - lane) * ck_kv_bytes(kind, dim), bytes = number_bytes(kind);
    size_t count = lesser(GROUP, block_tokens - (slot - lane));
    return (kv_place){
        .numbers = start + lane * bytes,
        .stride = count * bytes,
        .scale = start + count * dim * bytes + lane * 4,
    };
}

static inline kv_place value_place(int32_t kind, size_t dim, size_t block_tokens, size_t slot) {
    kv_place place = key_place(kind, dim, block_tokens, slot);
    place.stride = number_bytes(kind);
    place.numbers += slot % GROUP * (dim - 1) * place.stride;
    return place;
}

/// What a call works on; `count` numbers in all.
typedef struct {
    float *queries;  // [rows / ROWS, head_dim, ROWS], scaled
    float *sums;     // [rows, whole lines of head_dim]
    float *totals;   // [rows, 16]
    float *tops;     // [rows]
    float *weights;  // [ROWS, 64]: scores first
    // A stretch, where it cannot be read in its block:
    float *keys;          // [4, head_dim, 16]
    float *values;        // [64, value_stride]
    float *key_scales;    // [64]
    float *value_scales;  // [64]
    size_t sum_stride;
    size_t value_stride;
    size_t count;
} workspace;

/// Everything begins with a cache line.
static inline workspace workspace_of(float *start, size_t rows, size_t dim) {
    // An odd number of lines, so that the rows do not compete for the same places in the cache.
    workspace w = {.sum_stride = whole_lines(dim), .value_stride = (whole_lines(dim) / LINE | 1) * LINE};
    float **parts[] = {
        &w.queries, &w.sums,   &w.totals,     &w.tops,         &w.weights,
        &w.keys,    &w.values, &w.key_scales, &w.value_scales,
    };
    size_t counts[] = {
        whole_lines((rows + ROWS - 1) / ROWS * ROWS * dim), rows * w.sum_stride, rows * GROUP,
        whole_lines(rows), ROWS * STRETCH, STRETCH * dim, STRETCH * w.value_stride, STRETCH, STRETCH,
    };
    size_t place = (LINE - (uintptr_t)start / sizeof(float) % LINE) % LINE;
    w.count = LINE;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        *parts[i] = start ? start + place : start;
        place += counts[i];
        w.count += counts[i];
    }
    return w;
}

#endif
