// Attention by AVX2.
#include <math.h>
#include <string.h>

#include "ckernels.h"
#include "tables.h"

#if defined(__x86_64__)
#include "avx2_functions.h"

/// Positions whose softmax is computed together.
enum { GROUP = 16 };

/// Sixteen keys and values as 32-bit numbers, wherever they lie. Rows from `count` on repeat row 0.
typedef struct {
    size_t start, count;
    const float *keys[GROUP], *values[GROUP];
} group_rows;

/// f32 is used in its block; f16 is widened into `buffer`, once for all queries of the call.
INLINE void gather(const ck_attention *a, int32_t dtype, float *buffer, group_rows *g) {
    size_t dim = a->head_dim;
    for (size_t j = 0; j < g->count; j++) {
        size_t position = g->start + j;
        size_t place = a->blocks[position / a->block_tokens] * a->block_bytes
            + position % a->block_tokens * a->token_bytes;
        g->keys[j] = (const float *)(a->keys + place);
        g->values[j] = (const float *)(a->values + place);
        if (dtype == CK_F32) continue;
        float *key = buffer + j * dim, *value = buffer + (GROUP + j) * dim;
        for (size_t d = 0; d < dim; d += LANES) {
            _mm256_storeu_ps(key + d, load8(dtype, a->keys + place + d * 2));
            _mm256_storeu_ps(value + d, load8(dtype, a->values + place + d * 2));
        }
        g->keys[j] = key;
        g->values[j] = value;
    }
    for (size_t j = g->count; j < GROUP; j++) {
        g->keys[j] = g->keys[0];
        g->values[j] = g->values[0];
    }
}

/// Lane j of the result is the sum of v[j]'s lanes.
INLINE __m256 sums_of(const __m256 v[LANES]) {
    __m256 a = _mm256_hadd_ps(_mm256_hadd_ps(v[0], v[1]), _mm256_hadd_ps(v[2], v[3]));
    __m256 b = _mm256_hadd_ps(_mm256_hadd_ps(v[4], v[5]), _mm256_hadd_ps(v[6], v[7]));
    return _mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
}

/// Eight scores of one query.
INLINE __m256 scores8(const float *query, const float *const keys[LANES], size_t dim, float scale) {
    __m256 sums[LANES];
#pragma clang loop unroll(full)
    for (size_t j = 0; j < LANES; j++) sums[j] = _mm256_setzero_ps();
    for (size_t d = 0; d < dim; d += LANES) {
        __m256 q = _mm256_loadu_ps(query + d);
#pragma clang loop unroll(full)
        for (size_t j = 0; j < LANES; j++) {
            sums[j] = _mm256_fmadd_ps(q, _mm256_loadu_ps(keys[j] + d), sums[j]);
        }
    }
    return _mm256_mul_ps(sums_of(sums), _mm256_set1_ps(scale));
}

INLINE float largest8(__m256 v) {
    __m128 four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

/// sums[d] = sums[d] * shrink + weights[j] * values[j][d] for each j in turn, `vectors` (a constant) times 8
/// numbers.
INLINE void weigh(
    float *sums, float shrink, const float *weights, const float *const *values,
    ck_sight seen, size_t d, size_t vectors
) {
    __m256 v[8];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < vectors; i++) {
        v[i] = _mm256_mul_ps(_mm256_loadu_ps(sums + d + i * LANES), _mm256_set1_ps(shrink));
    }
    for (size_t j = seen.first; j < seen.last; j++) {
        __m256 weight = _mm256_broadcast_ss(weights + j);
#pragma clang loop unroll(full)
        for (size_t i = 0; i < vectors; i++) {
            v[i] = _mm256_fmadd_ps(weight, _mm256_loadu_ps(values[j] + d + i * LANES), v[i]);
        }
    }
#pragma clang loop unroll(full)
    for (size_t i = 0; i < vectors; i++) _mm256_storeu_ps(sums + d + i * LANES, v[i]);
}

/// Takes a group into one query's running softmax; it sees the group's positions seen.first..<seen.last.
/// `state` holds the largest score, the sum of weights and the weighted values.
INLINE void see_group(
    const ck_attention *a, const float *query, float *state, const group_rows *g, ck_sight seen
) {
    const __m256 lane = _mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7), unseen = all8(-INFINITY);
    const __m256 lane_b = _mm256_add_ps(lane, all8(LANES));
    __m256 first = all8((float)seen.first), last = all8((float)seen.last);
    __m256 sa = scores8(query, g->keys, a->head_dim, a->scale);
    __m256 sb = scores8(query, g->keys + LANES, a->head_dim, a->scale);
    if (a->soft_cap > 0) {
        sa = capped8(sa, a->soft_cap);
        sb = capped8(sb, a->soft_cap);
    }
    sa = choose8(_mm256_cmp_ps(lane, last, _CMP_LT_OQ), sa, unseen);
    sb = choose8(_mm256_cmp_ps(lane_b, last, _CMP_LT_OQ), sb, unseen);
    sa = choose8(_mm256_cmp_ps(lane, first, _CMP_GE_OQ), sa, unseen);
    sb = choose8(_mm256_cmp_ps(lane_b, first, _CMP_GE_OQ), sb, unseen);

    float top = largest8(_mm256_max_ps(sa, sb));
    if (state[0] > top) top = state[0];
    __m256 tops = _mm256_set1_ps(top);
    __m256 wa = exp8(_mm256_sub_ps(sa, tops)), wb = exp8(_mm256_sub_ps(sb, tops));
    float shrink = _mm256_cvtss_f32(exp8(_mm256_set1_ps(state[0] - top)));
    state[0] = top;
    state[1] = state[1] * shrink + sum8(_mm256_add_ps(wa, wb));

    float weights[GROUP];
    _mm256_storeu_ps(weights, wa);
    _mm256_storeu_ps(weights + LANES, wb);
    size_t d = 0;
    for (; d + 64 <= a->head_dim; d += 64) weigh(state + 2, shrink, weights, g->values, seen, d, 8);
    for (; d + 32 <= a->head_dim; d += 32) weigh(state + 2, shrink, weights, g->values, seen, d, 4);
    for (; d < a->head_dim; d += 8) weigh(state + 2, shrink, weights, g->values, seen, d, 1);
}

INLINE void attend_in(const ck_attention *a, int32_t dtype) {
    size_t dim = a->head_dim, state_size = dim + 2, rows = a->tokens * a->heads;
    float *buffer = a->scratch, *states = buffer + 2 * GROUP * dim;
    for (size_t row = 0; row < rows; row++) {
        float *state = states + row * state_size;
        memset(state, 0, state_size * sizeof(float));
        state[0] = a->sinks ? a->sinks[row % a->heads] : -INFINITY;
        state[1] = a->sinks ? 1 : 0;
    }
    size_t end = ck_sees(a, a->tokens - 1).last;
    group_rows g;
    for (g.start = ck_sees(a, 0).first / GROUP * GROUP; g.start < end; g.start += GROUP) {
        g.count = end - g.start < GROUP ? end - g.start : GROUP;
        gather(a, dtype, buffer, &g);
        for (size_t t = 0; t < a->tokens; t++) {
            ck_sight seen = ck_sees(a, t);
            if (seen.last <= g.start || seen.first >= g.start + g.count) continue;
            seen.first = seen.first > g.start ? seen.first - g.start : 0;
            seen.last = seen.last - g.start < g.count ? seen.last - g.start : g.count;
            for (size_t h = 0; h < a->heads; h++) {
                const float *query = a->queries + t * a->query_stride + h * dim;
                see_group(a, query, states + (t * a->heads + h) * state_size, &g, seen);
            }
        }
    }
    for (size_t row = 0; row < rows; row++) {
        float *out = a->out + row / a->heads * a->out_stride + row % a->heads * dim;
        const float *state = states + row * state_size;
        __m256 total = _mm256_set1_ps(state[1]);
        for (size_t d = 0; d < dim; d += LANES) {
            _mm256_storeu_ps(out + d, _mm256_div_ps(_mm256_loadu_ps(state + 2 + d), total));
        }
    }
}

AVX2 void attend_avx2(const ck_attention *a) {
    if (a->dtype == CK_F32) {
        attend_in(a, CK_F32);
    } else {
        attend_in(a, CK_F16);
    }
}

#endif
