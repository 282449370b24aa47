// The layout that packed matrices are multiplied in: panels of sixteen rows.
//
// A lane of a vector register is a row, so nothing is ever summed across lanes, and each row's sum runs over
// its columns from left to right whatever the instruction set, the number of tokens or the number of threads:
// the tables agree bit for bit.
//
// A panel is a run of spans, a span a run of parts of 32 columns:
//
//     span: [scales: 16 x 16 bits] [offsets: 16 x 16 bits, where the form has them]
//           part: [sub-scales] [levels]   (as often as the span holds 32 columns)
//
// Levels are unsigned. Step s of a part is columns 4s to 4s + 3; in the sixteen 4-byte lanes of 64 bytes,
// lane r holds them for row r. Four bits of steps 2k and 2k + 1 share a byte, low half first, k = 0...3; the
// fifth bit of step s is bit s of 64 further bytes; bits five and six are two bits at 2 (s % 4) of 2 x 64
// further bytes.
//
// Activations are rounded to eight bits, 32 columns with one scale. All products of a part are whole numbers
// and their sum is exact; what follows is
//
//     sum = fma(product, scale * x.scale, sum)
//     sum = fma(offset, x.scaled_total, sum)                   where the form has offsets
//
// for each part, with product = float(levels * x - zero * total); or, where sub-scales cover 16 columns,
//
//     sum = fma(fma(product[1], scale[1], product[0] * scale[0]), x.scale, sum)
//     sum = fma(offset[half], x.scaled_totals[half], sum)      for both halves, where the form has offsets
#ifndef CKERNELS_PANELS_H
#define CKERNELS_PANELS_H

#include "ckernels.h"

enum { PANEL_ROWS = 16, PART = 32, PART_STEPS = 8 };

/// How levels are stored.
typedef enum {
    LEVELS_4,      // four bits
    LEVELS_5,      // and a fifth
    LEVELS_6,      // and two more
    LEVELS_8,      // bytes
    LEVELS_UNEVEN, // four bits that stand for levels of a table
} levels_kind;

/// What covers less than a span.
typedef enum {
    SUB_NONE,
    SUB_SIGNED,          // int8 [16] per part
    SUB_SIGNED_HALVES,   // int8 [2][16] per part
    SUB_MINIMA,          // uint8 scale [16], uint8 minimum [16] per part
    SUB_MINIMA_HALVES,   // uint8 scale [2][16], uint8 minimum [2][16] per part
} sub_kind;

/// What a kernel has to know at compile time.
typedef struct {
    levels_kind levels;
    sub_kind sub;
    int offsets;     // whether a span has them; minima are subtracted, other offsets added
    int zero_shift;  // the level that stands for zero is 1 << zero_shift; -1: level 0
} panel_form;

static inline int has_minima(sub_kind sub) { return sub == SUB_MINIMA || sub == SUB_MINIMA_HALVES; }
static inline int has_halves(sub_kind sub) { return sub == SUB_SIGNED_HALVES || sub == SUB_MINIMA_HALVES; }

static inline size_t sub_bytes(sub_kind sub) {
    switch (sub) {
    case SUB_NONE: return 0;
    case SUB_SIGNED: return PANEL_ROWS;
    case SUB_SIGNED_HALVES: return 2 * PANEL_ROWS;
    case SUB_MINIMA: return 2 * PANEL_ROWS;
    case SUB_MINIMA_HALVES: return 4 * PANEL_ROWS;
    }
    return 0;
}

static inline size_t level_bytes(levels_kind levels) {
    switch (levels) {
    case LEVELS_4:
    case LEVELS_UNEVEN: return 256;
    case LEVELS_5: return 320;
    case LEVELS_6: return 384;
    case LEVELS_8: return 512;
    }
    return 0;
}

static inline size_t span_bytes(panel_form form, size_t span) {
    size_t head = (form.offsets ? 4 : 2) * PANEL_ROWS;
    return head + span / PART * (sub_bytes(form.sub) + level_bytes(form.levels));
}

/// The forms, by number: X(number, levels, sub, offsets, zero_shift).
#define PANEL_FORMS(X)                             \
    X(0, LEVELS_4, SUB_NONE, 0, 3)                 \
    X(1, LEVELS_4, SUB_NONE, 1, -1)                \
    X(2, LEVELS_4, SUB_SIGNED_HALVES, 0, 2)        \
    X(3, LEVELS_4, SUB_MINIMA, 1, -1)              \
    X(4, LEVELS_4, SUB_MINIMA_HALVES, 1, -1)       \
    X(5, LEVELS_5, SUB_NONE, 0, 4)                 \
    X(6, LEVELS_5, SUB_NONE, 1, -1)                \
    X(7, LEVELS_5, SUB_MINIMA, 1, -1)              \
    X(8, LEVELS_6, SUB_NONE, 1, -1)                \
    X(9, LEVELS_6, SUB_SIGNED_HALVES, 0, 5)        \
    X(10, LEVELS_8, SUB_NONE, 0, 7)                \
    X(11, LEVELS_8, SUB_NONE, 1, -1)               \
    X(12, LEVELS_UNEVEN, SUB_NONE, 0, 7)           \
    X(13, LEVELS_UNEVEN, SUB_SIGNED, 0, 7)         \
    X(14, LEVELS_UNEVEN, SUB_NONE, 0, 4)

#define PANEL_FORM(levels, sub, offsets, zero_shift) ((panel_form){levels, sub, offsets, zero_shift})

/// What the sixteen places of form 12 and 13, and those of form 14, stand for, plus zero.
static const uint8_t UNEVEN_LEVELS[16] = {
    1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241,
};
static const uint8_t E2M1_LEVELS[16] = {16, 17, 18, 19, 20, 22, 24, 28, 16, 15, 14, 13, 12, 10, 8, 4};

static inline const uint8_t *levels_of(int zero_shift) {
    return zero_shift == 7 ? UNEVEN_LEVELS : E2M1_LEVELS;
}

#endif
