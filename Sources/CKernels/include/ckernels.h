// The arithmetic of a forward pass: one table of functions per instruction set.
//
// A row's result depends on that row alone, bit for bit. Every sum runs in one order that follows from the
// length of the sum and nothing else: not from the number of rows or tokens in a call, nor from how a caller
// splits a call over threads, nor from the size of a KV block, nor from the instruction set: all tables give
// the same bits.
//
// The functions allocate nothing, start no thread and check nothing: sizes are the caller's promise. No
// pointer needs an alignment, because tensors lie in a file wherever its header left them. Lengths are in
// elements, not bytes.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// How numbers are stored.
enum {
    CK_F32 = 0,
    CK_F16 = 1,
    CK_BF16 = 2,
    // Blocks that hold their own scales, as ggml names and defines them.
    CK_Q8_0 = 3,
    CK_Q4_0,
    CK_Q4_1,
    CK_Q5_0,
    CK_Q5_1,
    CK_Q2_K,
    CK_Q3_K,
    CK_Q4_K,
    CK_Q5_K,
    CK_Q6_K,
    CK_IQ4_NL,
    CK_IQ4_XS,
    CK_MXFP4,
    // Bits without gaps, the first number lowest; scales and offsets lie elsewhere.
    CK_U2,
    CK_U3,
    CK_U4,
    CK_U5,
    CK_U6,
    CK_U8,
    // Floats of four and eight bits; scales lie elsewhere.
    CK_E2M1,
    CK_E4M3,
    // Powers of two, for scales only.
    CK_E8M0,
};

/// Numbers in one block of `dtype`: a row holds whole blocks.
static inline size_t ck_block_elements(int32_t dtype) {
    if (dtype < CK_Q8_0) return 1;
    return dtype < CK_Q2_K || dtype == CK_IQ4_NL || dtype >= CK_MXFP4 ? 32 : 256;
}

/// Bytes of one block of `dtype`, without scales that lie elsewhere.
static inline size_t ck_block_bytes(int32_t dtype) {
    static const uint8_t bytes[] = {
        4, 2, 2, 34, 18, 20, 22, 24, 84, 110, 144, 176, 210, 18, 136, 17, 8, 12, 16, 20, 24, 32, 16, 32, 32,
    };
    return bytes[dtype];
}

/// Scales that lie apart from the numbers: number (r, c) is multiplied by
/// values[(first_row + r) / group_rows, c / group_columns], to which the offset at the same place is added.
typedef struct ck_scales {
    const void *_Nullable values;   // [any, columns / group_columns, rounded up], stored as `dtype`
    const void *_Nullable offsets;  // the same, for CK_U2 to CK_U8
    size_t first_row;
    size_t group_rows;
    size_t group_columns;  // a multiple of 32, or all columns
    int32_t dtype;         // CK_F32, CK_F16, CK_BF16 or CK_E8M0
} ck_scales;

/// A matrix as a model file holds it.
typedef struct ck_matrix {
    const void *weights;          // [rows, columns], row-major, stored as `dtype`
    const float *_Nullable bias;  // [rows]
    size_t rows;
    size_t columns;  // a multiple of ck_block_elements(dtype)
    int32_t dtype;
    ck_scales scales;  // for CK_U2 to CK_E4M3
} ck_matrix;

/// Tokens times some rows of a matrix.
typedef struct ck_product {
    const float *x;  // [tokens, columns], a token every `x_stride`
    float *y;        // [tokens, rows], a token every `y_stride`; only first_row..<last_row are written
    size_t x_stride;
    size_t y_stride;
    size_t tokens;
    size_t first_row;
    size_t last_row;
    int32_t accumulate;  // adds to what `y` holds
} ck_product;

/// Functions of one number that a feed-forward block is bent by.
enum {
    CK_SILU = 0,
    CK_GELU = 1,
    CK_GELU_TANH = 2,  // the approximation by a hyperbolic tangent
    CK_RELU = 3,
    CK_RELU2 = 4,
    /// x and the other number limited, then x * sigmoid(alpha * x) * (other + 1).
    CK_SWIGLU = 5,
};

typedef struct ck_activation {
    int32_t kind;
    float alpha;  // of CK_SWIGLU
    float limit;  // of CK_SWIGLU: x from above, the other number from both sides
} ck_activation;

/// How keys and values are stored.
enum {
    CK_KV_F32 = 0,
    CK_KV_F16 = 1,
    CK_KV_Q8 = 2,  // levels of eight bits; a position's key has one scale of 32 bits, its value another
};

/// Positions of one head whose numbers lie together.
enum { CK_KV_GROUP = 16 };

/// Bytes of one position's key, or value, of one head.
static inline size_t ck_kv_bytes(int32_t kind, size_t head_dim) {
    return kind == CK_KV_F32 ? head_dim * 4 : kind == CK_KV_F16 ? head_dim * 2 : head_dim + 4;
}

/// One position's key and value of one head, on their way into a block.
///
/// In a block the keys of a head are in one piece, and so are the values: groups of 16 positions, of which
/// the last has fewer where the block ends. A group of n has keys as [head_dim, n], so that a vector holds
/// one number of each position, and values as [n, head_dim]; for CK_KV_Q8 both are followed by their scales,
/// [n]. With one position in a block that is just a row of numbers.
typedef struct ck_kv_entry {
    const float *key;    // [head_dim]
    const float *value;  // [head_dim]
    uint8_t *keys;       // of the head, in the block
    uint8_t *values;
    size_t head_dim;
    size_t block_tokens;
    size_t slot;  // the position's place in the block
    int32_t kind;
} ck_kv_entry;

/// Attention of consecutive tokens of one sequence, for one key-value head and the query heads that share it.
///
/// The key of position p is in the block at keys + blocks[p / block_tokens] * block_bytes, its value
/// likewise; `ck_kv_entry` says where. The token at position p sees positions p - behind ... p + ahead, as
/// far as there are any: 0 ... positions - 1.
typedef struct ck_attention {
    const float *queries;  // [tokens, heads, head_dim], a token every `query_stride`
    float *out;            // the same shape, a token every `out_stride`
    const uint8_t *keys;
    const uint8_t *values;
    const uint32_t *blocks;        // [positions / block_tokens, rounded up]
    const float *_Nullable sinks;  // [heads]: a score that takes part in the softmax and has no value
    float *scratch;                // [ck_attention_scratch(tokens * heads, head_dim)]
    size_t query_stride;
    size_t out_stride;
    size_t tokens;
    size_t heads;
    size_t head_dim;
    size_t first_position;
    size_t positions;  // above the last token's position
    size_t behind;
    size_t ahead;         // 0: causal
    size_t block_tokens;  // fastest where it is a multiple of 16
    size_t block_bytes;
    float scale;
    float soft_cap;  // above 0: a score s becomes cap * tanh(s / cap)
    int32_t kind;
} ck_attention;

/// Numbers of scratch that `attend` needs for `rows` = tokens * heads.
size_t ck_attention_scratch(size_t rows, size_t head_dim);

/// How a packed matrix becomes panels; panels.h has the bytes.
typedef struct ck_panel_plan {
    size_t panel_bytes;
    size_t span;  // columns that share a scale of 16 bits
    int32_t form;
    int32_t scale_dtype;  // CK_F16 or CK_BF16
} ck_panel_plan;

/// A packed matrix in the layout that is fastest to multiply with.
typedef struct ck_panels {
    uint8_t *start;               // [panels, panel_bytes]
    const float *_Nullable bias;  // [rows]
    size_t rows;
    size_t columns;
    ck_panel_plan plan;
} ck_panels;

/// Rows in a panel (the last one of a matrix may have fewer), and numbers that share a scale when rounded.
enum { CK_PANEL_ROWS = 16, CK_ROUNDED_NUMBERS = 32 };

/// 32 numbers of a token, rounded to eight bits.
typedef struct ck_rounded {
    int8_t levels[32];
    float scale;
    float scaled_total;      // of all levels, times the scale
    float scaled_totals[2];  // of the first and the last sixteen
    int32_t minus_total;     // the same without the scale, negative
    int32_t minus_totals[2];
    int32_t unused;
} ck_rounded;

/// Rounded tokens times some panels of a matrix.
typedef struct ck_panel_product {
    const ck_rounded *x;  // [tokens, columns / 32]
    float *y;             // [tokens, rows], a token every `y_stride`
    size_t y_stride;
    size_t tokens;
    size_t first_panel;
    size_t last_panel;
    int32_t accumulate;  // adds to what `y` holds
} ck_panel_product;

typedef struct ck_kernels {
    const char *name;
    /// y[t, r] = dot(weights[r], x[t]) + bias[r], for first_row <= r < last_row. A packed matrix gives the
    /// same bits as the CK_F32 one that holds its numbers.
    void (*multiply)(const ck_matrix *matrix, const ck_product *product);
    /// y[t, r] = dot(weights[r], x[t]) + bias[r] for the rows of first_panel <= p < last_panel, with numbers
    /// of eight bits on one side.
    void (*multiply_panels)(const ck_panels *panels, const ck_panel_product *product);
    /// Rounds a token to eight bits; `columns` is a multiple of 32.
    void (*round)(const float *x, size_t columns, ck_rounded *to);
    /// y[i] = x[i] / sqrt(mean(x * x) + epsilon) * weight[i]; `y` may be `x`.
    void (*rms_norm)(const float *x, const float *weight, size_t count, float epsilon, float *y);
    /// y[i] = (x[i] - mean(x)) / sqrt(variance(x) + epsilon) * weight[i] + bias[i]; `y` may be `x`.
    void (*layer_norm)(
        const float *x, const float *weight, const float *_Nullable bias, size_t count, float epsilon,
        float *y
    );
    /// Turns the pair (x[i], x[i + half]) by the angle whose cosine and sine are given, for each i < half.
    void (*rotate)(float *x, const float *cosines, const float *sines, size_t half);
    /// Turns the pair (x[2 i], x[2 i + 1]) likewise.
    void (*rotate_pairs)(float *x, const float *cosines, const float *sines, size_t half);
    /// x[i] = f(x[i]) * other[i], or f(x[i]) where there is no other.
    void (*activate)(const ck_activation *activation, float *x, const float *_Nullable other, size_t count);
    /// x[i] = cap * tanh(x[i] / cap).
    void (*soft_cap)(float *x, size_t count, float cap);
    /// y[i] = y[i] + scale * x[i].
    void (*add_scaled)(float *y, const float *x, float scale, size_t count);
    /// Puts a key and a value into their block. All tables give the same bits.
    void (*keep)(const ck_kv_entry *entry);
    /// Attention over paged keys and values; attention.h has the order of its operations. All tables give the
    /// same bits, in any block size.
    void (*attend)(const ck_attention *attention);
    /// Exact: every 16-bit number is a 32-bit number. For CK_F32, CK_F16 and CK_BF16.
    void (*widen)(int32_t dtype, const void *from, size_t count, float *to);
    /// Rounds to nearest, ties to even; too large becomes infinite.
    void (*narrow)(int32_t dtype, const float *from, size_t count, void *to);
    /// One row of a matrix of any type, without its bias: the stored numbers, exactly.
    void (*read_row)(const ck_matrix *matrix, size_t row, float *to);
} ck_kernels;

/// Plain C for any CPU, and what the other tables are tested against.
const ck_kernels *ck_portable(void);
/// AVX2, FMA and F16C; null where the CPU lacks one of them.
const ck_kernels *_Nullable ck_avx2(void);
/// The same with panels by AVX-512 VNNI; null where the CPU lacks it.
const ck_kernels *_Nullable ck_avx512(void);
/// The best table for this CPU.
const ck_kernels *ck_fastest(void);
/// Its name.
const char *ck_path(void);

/// Plans the panels of a packed matrix; bytes that they take in all, or 0 where its type has no such
/// layout.
size_t ck_plan_panels(const ck_matrix *matrix, ck_panel_plan *plan);
/// Writes panels `first` to `last` - 1 of a matrix to their places behind `panels->start`.
void ck_fill_panels(const ck_matrix *matrix, const ck_panels *panels, size_t first, size_t last);

/// Rounds to blocks of CK_Q8_0 or CK_Q4_0; `count` is a multiple of 32.
void ck_quantize(int32_t dtype, const float *from, size_t count, void *to);

/// Tells the CPU that this is a spin loop.
static inline void ck_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

#pragma clang assume_nonnull end
#endif
