// Attention in terms of one vector of floats, for whichever instruction set includes it.
//
// Before it is included, a file says what its vectors are:
//
//     floats, LANES, SUMS             a vector, its numbers, and how many of them may hold running sums
//     KERNEL, OPERATION               the attribute that allows the instructions; a function that is inlined
//     all, load, store                one number in every lane; LANES numbers in memory
//     read_numbers, read_number       LANES stored numbers of a kind, or one, as floats
//     plus, minus, times, over        one operation, rounded once
//     fused                           a * b + c, rounded once
//     largest, largest_of, sum_of     of two vectors, in each lane; of one vector's lanes; of 16 totals
//     first_of                        the first lane
//     lanes_within                    the lanes first..<last of a vector, -infinity elsewhere
//     exp_of                          e^x for x <= 0
//     capped                          cap * tanh(x / cap)
//     fetch_line                      asks for a cache line
//
// Scores of 16 positions are in PER_GROUP vectors, so that no dot product has to be summed across lanes. What
// is independent, other positions and other rows, hides the latency of a sum's chain.

#define UNROLL _Pragma("clang loop unroll(full)")

enum { PER_GROUP = GROUP / LANES, VECTORS = STRETCH / LANES };

/// The keys and values of a stretch, wherever they lie.
typedef struct {
    const uint8_t *keys[GROUPS];          // [head_dim, 16]
    const uint8_t *values[GROUPS];        // [16, head_dim], a position every `value_stride` bytes
    const uint8_t *key_scales[GROUPS];    // [16], for CK_KV_Q8
    const uint8_t *value_scales[GROUPS];  // [16]
    const uint8_t *next_keys[GROUPS];     // of the stretch that comes next, to be fetched early
    size_t value_stride;
    size_t start;  // its first position
} stretch;

/// Some rows, and which of the stretch's positions each of them sees.
typedef struct {
    size_t first_row;
    range seen[ROWS];
    range any;  // that at least one row sees
    range all;  // that every row sees
} sighted_rows;

/// sums[row, vector] += numbers[row] * vector; `rows` and `vectors` are constants at every call. What there
/// is less of stays in registers beside the sums.
#define ADD_PRODUCTS(sums, rows, vectors, number, vector)                                                  \
    do {                                                                                                   \
        floats kept[SUMS];                                                                                 \
        if ((rows) < (vectors)) {                                                                          \
            UNROLL for (size_t r = 0; r < (rows); r++) kept[r] = all(number);                              \
            UNROLL for (size_t v = 0; v < (vectors); v++) {                                                \
                floats x = vector;                                                                         \
                UNROLL for (size_t r = 0; r < (rows); r++) {                                               \
                    (sums)[r * (vectors) + v] = fused(kept[r], x, (sums)[r * (vectors) + v]);              \
                }                                                                                          \
            }                                                                                              \
        } else {                                                                                           \
            UNROLL for (size_t v = 0; v < (vectors); v++) kept[v] = vector;                                \
            UNROLL for (size_t r = 0; r < (rows); r++) {                                                   \
                floats x = all(number);                                                                    \
                UNROLL for (size_t v = 0; v < (vectors); v++) {                                            \
                    (sums)[r * (vectors) + v] = fused(x, kept[v], (sums)[r * (vectors) + v]);              \
                }                                                                                          \
            }                                                                                              \
        }                                                                                                  \
    } while (0)

/// Asks for `count` bytes that will be read soon, where they come from memory: f32 mostly lies in the cache.
OPERATION void fetch(int32_t stored, const uint8_t *from, size_t count) {
    if (stored == CK_KV_F32) return;
    UNROLL for (size_t i = 0; i < count; i += 64) fetch_line(from + i);
}

// --- scores --------------------------------------------------------------------------------------

/// Scores of `groups` groups from `group` on. `stored`, `rows` and `groups` are constants at every call.
OPERATION void score_groups(
    int32_t stored, size_t rows, size_t groups, const stretch *s, size_t group, const float *queries,
    size_t dim, float *scores
) {
    floats sums[SUMS];
    const size_t bytes = number_bytes(stored), vectors = groups * PER_GROUP;
    const uint8_t *keys[GROUPS];
    UNROLL for (size_t g = 0; g < groups; g++) keys[g] = s->keys[group + g];
    UNROLL for (size_t i = 0; i < rows * vectors; i++) sums[i] = all(0);
    for (size_t d = 0; d < dim; d++) {
        if (d % (64 / (GROUP * bytes)) == 0) {
            UNROLL for (size_t g = 0; g < groups; g++) {
                fetch(stored, s->values[group + g] + d * GROUP * bytes, 64);
            }
        }
        ADD_PRODUCTS(
            sums, rows, vectors, queries[d * ROWS + r],
            read_numbers(stored, keys[v / PER_GROUP] + (d * GROUP + v % PER_GROUP * LANES) * bytes)
        );
    }
    UNROLL for (size_t r = 0; r < rows; r++) {
        UNROLL for (size_t v = 0; v < vectors; v++) {
            store(scores + r * STRETCH + group * GROUP + v * LANES, sums[r * vectors + v]);
        }
    }
}

/// Scores of all groups that any of the rows sees.
OPERATION void score(
    int32_t stored, size_t rows, const stretch *s, range seen, const float *queries, size_t dim, float *scores
) {
    const size_t at_once = SUMS >= 4 * PER_GROUP * rows ? 4 : SUMS >= 2 * PER_GROUP * rows ? 2 : 1;
    size_t group = seen.first / GROUP, last = (seen.last + GROUP - 1) / GROUP;
    for (; group + at_once <= last; group += at_once) {
        score_groups(stored, rows, at_once, s, group, queries, dim, scores);
    }
    for (; group < last; group++) score_groups(stored, rows, 1, s, group, queries, dim, scores);
}

// --- softmax -------------------------------------------------------------------------------------

/// Vectors first..<last of a row's scores become weights; returns what the row's sums shrink by.
OPERATION float weigh_vectors(
    const ck_attention *a, const stretch *s, float *scores, range seen, float *top, float *totals,
    size_t first, size_t last
) {
    floats v[VECTORS], sums[PER_GROUP], most = all(*top);
    for (size_t i = first; i < last; i++) {
        v[i] = load(scores + i * LANES);
        size_t place = i % PER_GROUP * LANES * 4;
        if (a->kind == CK_KV_Q8) {
            v[i] = times(v[i], read_numbers(CK_KV_F32, s->key_scales[i / PER_GROUP] + place));
        }
        if (a->soft_cap > 0) v[i] = capped(v[i], a->soft_cap);
        if (seen.first > i * LANES || seen.last < (i + 1) * LANES) {
            size_t from = greater(seen.first, i * LANES), to = lesser(seen.last, (i + 1) * LANES);
            v[i] = lanes_within(v[i], from - i * LANES, to - i * LANES);
        }
        most = largest(v[i], most);
    }
    float new_top = largest_of(most), shrink = 1;
    UNROLL for (size_t j = 0; j < PER_GROUP; j++) sums[j] = load(totals + j * LANES);
    if (new_top != *top) {
        floats shrinks = exp_of(all(*top - new_top));
        shrink = first_of(shrinks);
        UNROLL for (size_t j = 0; j < PER_GROUP; j++) sums[j] = times(sums[j], shrinks);
        *top = new_top;
    }
    for (size_t i = first; i < last; i++) {
        v[i] = exp_of(minus(v[i], all(new_top)));
        sums[i % PER_GROUP] = plus(sums[i % PER_GROUP], v[i]);
        size_t place = i % PER_GROUP * LANES * 4;
        if (a->kind == CK_KV_Q8) {
            v[i] = times(v[i], read_numbers(CK_KV_F32, s->value_scales[i / PER_GROUP] + place));
        }
        store(scores + i * LANES, v[i]);
    }
    UNROLL for (size_t j = 0; j < PER_GROUP; j++) store(totals + j * LANES, sums[j]);
    return shrink;
}

/// The scores of the positions that a row sees become weights; returns what the row's sums shrink by.
static KERNEL __attribute__((noinline)) float weigh(
    const ck_attention *a, const stretch *s, float *scores, range seen, float *top, float *totals
) {
    if (seen.last - seen.first == STRETCH) return weigh_vectors(a, s, scores, seen, top, totals, 0, VECTORS);
    size_t first = seen.first / LANES, last = (seen.last + LANES - 1) / LANES;
    return weigh_vectors(a, s, scores, seen, top, totals, first, last);
}

// --- values --------------------------------------------------------------------------------------

/// Adds the weighted values of positions first..<last to `vectors` vectors of the sums. `stored`, `rows` and
/// `vectors` are constants at every call.
OPERATION void add_values(
    int32_t stored, size_t rows, size_t vectors, const stretch *s, range seen, const float *weights,
    const float *shrinks, float *to, size_t stride, size_t d
) {
    floats sums[SUMS];
    const size_t bytes = number_bytes(stored);
    UNROLL for (size_t r = 0; r < rows; r++) {
        UNROLL for (size_t v = 0; v < vectors; v++) {
            sums[r * vectors + v] = times(load(to + r * stride + d + v * LANES), all(shrinks[r]));
        }
    }
    for (size_t p = seen.first; p < seen.last;) {
        const uint8_t *value = s->values[p / GROUP] + p % GROUP * s->value_stride + d * bytes;
        size_t end = lesser(seen.last, (p / GROUP + 1) * GROUP);
        ptrdiff_t ahead = s->next_keys[p / GROUP] - s->values[p / GROUP];
        for (; p < end; p++, value += s->value_stride) {
            fetch(stored, value + ahead, vectors * LANES * bytes);
            ADD_PRODUCTS(
                sums, rows, vectors, weights[r * STRETCH + p],
                read_numbers(stored, value + v * LANES * bytes)
            );
        }
    }
    UNROLL for (size_t r = 0; r < rows; r++) {
        UNROLL for (size_t v = 0; v < vectors; v++) {
            store(to + r * stride + d + v * LANES, sums[r * vectors + v]);
        }
    }
}

/// The same for all of the sums.
OPERATION void add_all_values(
    int32_t stored, size_t rows, const stretch *s, range seen, const float *weights, const float *shrinks,
    float *to, size_t stride
) {
    const size_t vectors = SUMS / rows >= 8 ? 8 : SUMS / rows >= 4 ? 4 : 2;
    size_t d = 0;
    for (; d + vectors * LANES <= stride; d += vectors * LANES) {
        add_values(stored, rows, vectors, s, seen, weights, shrinks, to, stride, d);
    }
    for (; d < stride; d += GROUP) {
        add_values(stored, rows, PER_GROUP, s, seen, weights, shrinks, to, stride, d);
    }
}

/// The same for one row, where the rows do not see the same positions.
static KERNEL __attribute__((noinline)) void add_alone(
    int32_t stored, const stretch *s, range seen, const float *weights, float shrink, float *to, size_t stride
) {
    switch (stored) {
    case CK_KV_F32: add_all_values(CK_KV_F32, 1, s, seen, weights, &shrink, to, stride); break;
    case CK_KV_F16: add_all_values(CK_KV_F16, 1, s, seen, weights, &shrink, to, stride); break;
    default: add_all_values(CK_KV_Q8, 1, s, seen, weights, &shrink, to, stride); break;
    }
}

// --- rows ----------------------------------------------------------------------------------------

/// Takes a stretch into the softmax of `rows` rows. `stored` and `rows` are constants at every call.
OPERATION void see_rows(
    const ck_attention *a, const workspace *w, const stretch *s, int32_t stored, size_t rows,
    const sighted_rows *sighted
) {
    size_t row = sighted->first_row, stride = w->sum_stride;
    float shrinks[ROWS], *sums = w->sums + row * stride;
    score(stored, rows, s, sighted->any, w->queries + row * a->head_dim, a->head_dim, w->weights);
    for (size_t r = 0; r < rows; r++) {
        range seen = sighted->seen[r];
        if (seen.first >= seen.last) continue;
        float *totals = w->totals + (row + r) * GROUP;
        shrinks[r] = weigh(a, s, w->weights + r * STRETCH, seen, w->tops + row + r, totals);
    }
    range all = sighted->all;
    if (all.first >= all.last) all = (range){STRETCH, STRETCH};
    for (size_t r = 0; r < rows; r++) {
        range seen = sighted->seen[r], before = {seen.first, lesser(seen.last, all.first)};
        if (before.first >= before.last) continue;
        add_alone(stored, s, before, w->weights + r * STRETCH, shrinks[r], sums + r * stride, stride);
        shrinks[r] = 1;
    }
    if (all.first == STRETCH) return;
    add_all_values(stored, rows, s, all, w->weights, shrinks, sums, stride);
    for (size_t r = 0; r < rows; r++) {
        range after = {all.last, sighted->seen[r].last};
        if (after.first >= after.last) continue;
        add_alone(stored, s, after, w->weights + r * STRETCH, 1, sums + r * stride, stride);
    }
}

/// Takes a stretch into the softmax of all rows that see some of it. `stored` is a constant at every call.
OPERATION void see(const ck_attention *a, const workspace *w, const stretch *s, int32_t stored) {
    size_t count = a->tokens * a->heads, token = 0, head = 0;
    range sight = sight_of(a, 0);
    for (size_t row = 0; row < count; row += ROWS) {
        size_t rows = lesser(ROWS, count - row);
        sighted_rows sighted = {.first_row = row, .any = {STRETCH, 0}, .all = {0, STRETCH}};
        for (size_t r = 0; r < rows; r++) {
            range seen = {greater(sight.first, s->start), lesser(sight.last, s->start + STRETCH)};
            if (seen.first >= seen.last) seen = (range){s->start, s->start};
            seen = (range){seen.first - s->start, seen.last - s->start};
            sighted.seen[r] = seen;
            if (seen.first < seen.last) {
                sighted.any.first = lesser(sighted.any.first, seen.first);
                sighted.any.last = greater(sighted.any.last, seen.last);
            }
            sighted.all.first = greater(sighted.all.first, seen.first);
            sighted.all.last = lesser(sighted.all.last, seen.last);
            if (++head == a->heads) {
                head = 0;
                if (++token < a->tokens) sight = sight_of(a, token);
            }
        }
        if (sighted.any.first >= sighted.any.last) continue;
        switch (rows) {
        case 1: see_rows(a, w, s, stored, 1, &sighted); break;
        case 2: see_rows(a, w, s, stored, 2, &sighted); break;
        case 3: see_rows(a, w, s, stored, 3, &sighted); break;
        case 4: see_rows(a, w, s, stored, 4, &sighted); break;
        case 5: see_rows(a, w, s, stored, 5, &sighted); break;
        default: see_rows(a, w, s, stored, 6, &sighted); break;
        }
    }
}

static KERNEL __attribute__((noinline)) void see_f32(
    const ck_attention *a, const workspace *w, const stretch *s
) {
    see(a, w, s, CK_KV_F32);
}

static KERNEL __attribute__((noinline)) void see_f16(
    const ck_attention *a, const workspace *w, const stretch *s
) {
    see(a, w, s, CK_KV_F16);
}

static KERNEL __attribute__((noinline)) void see_q8(
    const ck_attention *a, const workspace *w, const stretch *s
) {
    see(a, w, s, CK_KV_Q8);
}

// --- stretches -----------------------------------------------------------------------------------

/// Where a group that is whole in its block begins.
OPERATION size_t group_place(const ck_attention *a, size_t position) {
    size_t block = a->blocks[position / a->block_tokens] * a->block_bytes;
    return block + position % a->block_tokens * ck_kv_bytes(a->kind, a->head_dim);
}

/// Finds groups first..<last in their blocks, and the keys of the next stretch, as far as there are any below
/// position `end`.
OPERATION void find(const ck_attention *a, stretch *s, size_t first, size_t last, size_t end) {
    s->value_stride = number_bytes(a->kind) * a->head_dim;
    for (size_t g = first; g < last; g++) {
        size_t place = group_place(a, s->start + g * GROUP), next = s->start + STRETCH + g * GROUP;
        s->keys[g] = a->keys + place;
        s->values[g] = a->values + place;
        s->key_scales[g] = s->keys[g] + GROUP * s->value_stride;
        s->value_scales[g] = s->values[g] + GROUP * s->value_stride;
        s->next_keys[g] = next < end ? a->keys + group_place(a, next) : s->keys[g];
    }
}

/// Widens one position into the workspace, wherever it lies; it becomes number `index` of the stretch.
OPERATION void gather(const ck_attention *a, const workspace *w, size_t position, size_t index) {
    size_t dim = a->head_dim, slot = position % a->block_tokens;
    size_t block = a->blocks[position / a->block_tokens] * a->block_bytes;
    kv_place key = key_place(a->kind, dim, a->block_tokens, slot);
    kv_place value = value_place(a->kind, dim, a->block_tokens, slot);
    float *keys = w->keys + index / GROUP * GROUP * dim + index % GROUP;
    float *values = w->values + index * w->value_stride;
    const uint8_t *key_numbers = a->keys + block + key.numbers;
    const uint8_t *value_numbers = a->values + block + value.numbers;
    for (size_t d = 0; d < dim; d++) keys[d * GROUP] = read_number(a->kind, key_numbers + d * key.stride);
    for (size_t d = 0; d < dim; d++) values[d] = read_number(a->kind, value_numbers + d * value.stride);
    if (a->kind != CK_KV_Q8) return;
    memcpy(w->key_scales + index, a->keys + block + key.scale, sizeof(float));
    memcpy(w->value_scales + index, a->values + block + value.scale, sizeof(float));
}

/// Widens the stretch's positions first..<last into the workspace.
static KERNEL __attribute__((noinline)) void gather_all(
    const ck_attention *a, const workspace *w, stretch *s, size_t first, size_t last
) {
    s->value_stride = w->value_stride * sizeof(float);
    for (size_t g = 0; g < GROUPS; g++) {
        s->keys[g] = s->next_keys[g] = (const uint8_t *)(w->keys + g * GROUP * a->head_dim);
        s->values[g] = (const uint8_t *)(w->values + g * GROUP * w->value_stride);
        s->key_scales[g] = (const uint8_t *)(w->key_scales + g * GROUP);
        s->value_scales[g] = (const uint8_t *)(w->value_scales + g * GROUP);
    }
    for (size_t i = first; i < last; i++) gather(a, w, s->start + i, i);
}

// --- the whole -----------------------------------------------------------------------------------

OPERATION void begin(const ck_attention *a, const workspace *w) {
    size_t rows = a->tokens * a->heads, dim = a->head_dim;
    for (size_t row = 0; row < rows; row++) {
        const float *query = a->queries + row / a->heads * a->query_stride + row % a->heads * dim;
        float *to = w->queries + row / ROWS * ROWS * dim + row % ROWS;
        for (size_t d = 0; d < dim; d++) to[d * ROWS] = query[d] * a->scale;
        w->tops[row] = a->sinks ? a->sinks[row % a->heads] : -INFINITY;
        memset(w->totals + row * GROUP, 0, GROUP * sizeof(float));
        if (a->sinks) w->totals[row * GROUP] = 1;
    }
    memset(w->sums, 0, rows * w->sum_stride * sizeof(float));
}

OPERATION void finish(const ck_attention *a, const workspace *w) {
    for (size_t row = 0; row < a->tokens * a->heads; row++) {
        float *out = a->out + row / a->heads * a->out_stride + row % a->heads * a->head_dim;
        const float *sums = w->sums + row * w->sum_stride;
        float total = sum_of(w->totals + row * GROUP);
        size_t d = 0;
        for (; d + LANES <= a->head_dim; d += LANES) store(out + d, over(load(sums + d), all(total)));
        for (; d < a->head_dim; d++) out[d] = sums[d] / total;
    }
}

static KERNEL void attend(const ck_attention *a) {
    size_t rows = a->tokens * a->heads;
    workspace w = workspace_of(a->scratch, rows, a->head_dim);
    begin(a, &w);
    size_t first = sight_of(a, 0).first, last = sight_of(a, a->tokens - 1).last;
    int whole = a->block_tokens % GROUP == 0 && a->head_dim % GROUP == 0;
    stretch s = {.start = 0};
    for (s.start = first / STRETCH * STRETCH; s.start < last; s.start += STRETCH) {
        size_t from = first > s.start ? first - s.start : 0, to = lesser(last - s.start, STRETCH);
        if (whole) {
            find(a, &s, from / GROUP, (to + GROUP - 1) / GROUP, last);
        } else {
            gather_all(a, &w, &s, from, to);
        }
        switch (whole ? a->kind : CK_KV_F32) {
        case CK_KV_F32: see_f32(a, &w, &s); break;
        case CK_KV_F16: see_f16(a, &w, &s); break;
        default: see_q8(a, &w, &s); break;
        }
    }
    finish(a, &w);
}
