// Packed matrices into panels.
#include <stdbool.h>
#include <string.h>

#include "blocks.h"
#include "panels.h"

/// How a stored type becomes panels.
typedef struct {
    int32_t form;
    size_t span;
    bool is_there;
} layout;

static const panel_form FORMS[] = {
#define X(number, levels, sub, offsets, zero_shift) {levels, sub, offsets, zero_shift},
    PANEL_FORMS(X)
#undef X
};

static layout layout_of(const ck_matrix *m) {
    size_t group = m->scales.group_columns;
    bool fits = m->scales.group_rows == 1 && group % PART == 0 && group <= 256 && group > 0
        && m->columns % (group ? group : 1) == 0;
    bool has_halves = m->scales.dtype == CK_F16 || m->scales.dtype == CK_BF16;
    switch (m->dtype) {
    case CK_Q8_0: return (layout){10, 32, true};
    case CK_Q4_0: return (layout){0, 32, true};
    case CK_Q4_1: return (layout){1, 32, true};
    case CK_Q5_0: return (layout){5, 32, true};
    case CK_Q5_1: return (layout){6, 32, true};
    case CK_Q2_K: return (layout){4, 256, true};
    case CK_Q3_K: return (layout){2, 256, true};
    case CK_Q4_K: return (layout){3, 256, true};
    case CK_Q5_K: return (layout){7, 256, true};
    case CK_Q6_K: return (layout){9, 256, true};
    case CK_IQ4_NL: return (layout){12, 32, true};
    case CK_IQ4_XS: return (layout){13, 256, true};
    case CK_MXFP4: return (layout){14, 32, true};
    case CK_U2:
    case CK_U3:
    case CK_U4: return (layout){1, group, fits && has_halves};
    case CK_U5: return (layout){6, group, fits && has_halves};
    case CK_U6: return (layout){8, group, fits && has_halves};
    case CK_U8: return (layout){11, group, fits && has_halves};
    case CK_E2M1: return (layout){14, group, fits && m->scales.dtype == CK_E8M0};
    default: return (layout){0, 0, false};
    }
}

size_t ck_plan_panels(const ck_matrix *matrix, ck_panel_plan *plan) {
    layout layout = layout_of(matrix);
    if (!layout.is_there || matrix->columns % layout.span != 0 || matrix->columns == 0) return 0;
    bool is_scaled_apart = matrix->dtype >= CK_U2;
    bool is_power = matrix->dtype == CK_MXFP4 || matrix->dtype == CK_E2M1;
    *plan = (ck_panel_plan){
        .panel_bytes = matrix->columns / layout.span * span_bytes(FORMS[layout.form], layout.span),
        .span = layout.span,
        .form = layout.form,
        .scale_dtype = is_power ? CK_BF16 : is_scaled_apart ? matrix->scales.dtype : CK_F16,
    };
    return (matrix->rows + PANEL_ROWS - 1) / PANEL_ROWS * plan->panel_bytes;
}

// --- levels --------------------------------------------------------------------------------------

static void nibbles(const uint8_t *from, uint8_t *to) {
    for (int i = 0; i < 16; i++) {
        to[i] = from[i] & 15;
        to[i + 16] = from[i] >> 4;
    }
}

static void add_fifths(uint32_t fifths, uint8_t *to) {
    for (int i = 0; i < 32; i++) to[i] |= (uint8_t)((fifths >> i & 1) << 4);
}

static void bits_of(const uint8_t *from, int bits, uint8_t *to) {
    for (int eight = 0; eight < 4; eight++) {
        uint64_t packed = 0;
        memcpy(&packed, from + eight * bits, (size_t)bits);
        for (int i = 0; i < 8; i++) to[eight * 8 + i] = packed >> i * bits & ((1u << bits) - 1);
    }
}

static void pairs_of(const uint8_t *from, uint8_t *to) {
    for (int i = 0; i < 16; i++) {
        to[2 * i] = from[i] & 15;
        to[2 * i + 1] = from[i] >> 4;
    }
}

/// The same two bits of 32 bytes, or four.
static void shifted(const uint8_t *from, int shift, uint8_t mask, uint8_t *to) {
    for (int i = 0; i < 32; i++) to[i] = from[i] >> shift & mask;
}

/// Puts a bit, or two, of 32 bytes above `up` others.
static void add_shifted(const uint8_t *from, int shift, uint8_t mask, int up, uint8_t *to) {
    for (int i = 0; i < 32; i++) to[i] |= (uint8_t)((from[i] >> shift & mask) << up);
}

static void k_levels(int32_t dtype, const uint8_t *b, int part, uint8_t *to) {
    int half = part / 4, quarter = part % 4;
    switch (dtype) {
    case CK_Q2_K: shifted(b + 16 + half * 32, quarter * 2, 3, to); break;
    case CK_Q3_K:
        shifted(b + 32 + half * 32, quarter * 2, 3, to);
        add_shifted(b, part, 1, 2, to);
        break;
    case CK_Q4_K: shifted(b + 16 + part / 2 * 32, part % 2 * 4, 15, to); break;
    case CK_Q5_K:
        shifted(b + 48 + part / 2 * 32, part % 2 * 4, 15, to);
        add_shifted(b + 16, part, 1, 4, to);
        break;
    default:  // CK_Q6_K
        shifted(b + half * 64 + quarter % 2 * 32, quarter / 2 * 4, 15, to);
        add_shifted(b + 128 + half * 32, quarter * 2, 3, 4, to);
    }
}

/// 32 levels of a row from `column` on.
static void read_levels_of(const ck_matrix *m, size_t row, size_t column, uint8_t *to) {
    size_t elements = ck_block_elements(m->dtype), bytes = ck_block_bytes(m->dtype);
    size_t place = row * m->columns + column;
    const uint8_t *b = (const uint8_t *)m->weights + place / elements * bytes;
    int part = (int)(place % elements / PART);
    switch (m->dtype) {
    case CK_Q8_0:
        for (int i = 0; i < 32; i++) to[i] = b[2 + i] ^ 0x80;
        break;
    case CK_Q4_0:
    case CK_IQ4_NL: nibbles(b + 2, to); break;
    case CK_Q4_1: nibbles(b + 4, to); break;
    case CK_Q5_0:
        nibbles(b + 6, to);
        add_fifths(u32_at(b + 2), to);
        break;
    case CK_Q5_1:
        nibbles(b + 8, to);
        add_fifths(u32_at(b + 4), to);
        break;
    case CK_IQ4_XS: nibbles(b + 8 + part * 16, to); break;
    case CK_MXFP4: nibbles(b + 1, to); break;
    case CK_U2: bits_of(b, 2, to); break;
    case CK_U3: bits_of(b, 3, to); break;
    case CK_U4: bits_of(b, 4, to); break;
    case CK_U5: bits_of(b, 5, to); break;
    case CK_U6: bits_of(b, 6, to); break;
    case CK_U8: memcpy(to, b, 32); break;
    case CK_E2M1: pairs_of(b, to); break;
    default: k_levels(m->dtype, b, part, to);
    }
}

/// Four levels of a row are moved at once, as one number of 32 bits.
static void put_levels(levels_kind kind, const uint32_t levels[PART_STEPS][PANEL_ROWS], uint8_t *to) {
    uint32_t words[PART_STEPS][PANEL_ROWS] = {0};
    if (kind == LEVELS_8) {
        memcpy(to, levels, level_bytes(kind));
        return;
    }
    for (int step = 0; step < PART_STEPS; step += 2) {
        for (int row = 0; row < PANEL_ROWS; row++) {
            uint32_t low = levels[step][row] & 0x0f0f0f0f, high = levels[step + 1][row] & 0x0f0f0f0f;
            words[step / 2][row] = low | high << 4;
        }
    }
    for (int step = 0; step < PART_STEPS && (kind == LEVELS_5 || kind == LEVELS_6); step++) {
        int word = kind == LEVELS_5 ? 4 : 4 + step / 4, up = kind == LEVELS_5 ? step : step % 4 * 2;
        uint32_t mask = kind == LEVELS_5 ? 0x01010101 : 0x03030303;
        for (int row = 0; row < PANEL_ROWS; row++) words[word][row] |= (levels[step][row] >> 4 & mask) << up;
    }
    memcpy(to, words, level_bytes(kind));
}

// --- scales --------------------------------------------------------------------------------------

static uint16_t bf16_of_power(float power) {
    uint32_t bits;
    memcpy(&bits, &power, sizeof bits);
    return (uint16_t)(bits >> 16);
}

/// The 16-bit scale of a row's span, and its offset.
static void read_scale(const ck_matrix *m, size_t row, size_t column, uint16_t *scale, uint16_t *offset) {
    size_t place = row * m->columns + column;
    const uint8_t *b = (const uint8_t *)m->weights
        + place / ck_block_elements(m->dtype) * ck_block_bytes(m->dtype);
    *offset = 0;
    switch (m->dtype) {
    case CK_Q4_1:
    case CK_Q5_1:
    case CK_Q4_K:
    case CK_Q5_K:
        *scale = u16_at(b);
        *offset = u16_at(b + 2);
        return;
    case CK_Q2_K:
        *scale = u16_at(b + 80);
        *offset = u16_at(b + 82);
        return;
    case CK_Q3_K: *scale = u16_at(b + 108); return;
    case CK_Q6_K: *scale = u16_at(b + 208); return;
    case CK_MXFP4: *scale = bf16_of_power(half_of_e8m0(b[0])); return;
    default: break;
    }
    if (m->dtype < CK_U2) {
        *scale = u16_at(b);
        return;
    }
    const ck_scales *s = &m->scales;
    size_t group = (s->first_row + row) * (m->columns / s->group_columns) + column / s->group_columns;
    if (m->dtype == CK_E2M1) {
        *scale = bf16_of_power(half_of_e8m0(((const uint8_t *)s->values)[group]));
        return;
    }
    *scale = u16_at((const uint8_t *)s->values + group * 2);
    *offset = u16_at((const uint8_t *)s->offsets + group * 2);
}

/// Sub-scales of one row's part, to their places in the panel.
static void put_sub_scales(const ck_matrix *m, size_t row, size_t column, int lane, uint8_t *to) {
    size_t place = row * m->columns + column;
    const uint8_t *b = (const uint8_t *)m->weights
        + place / ck_block_elements(m->dtype) * ck_block_bytes(m->dtype);
    int part = (int)(place % 256 / PART);
    switch (m->dtype) {
    case CK_Q4_K:
    case CK_Q5_K: {
        float scale, minimum;
        scale_and_minimum(b + 4, part, &scale, &minimum);
        to[lane] = (uint8_t)scale;
        to[PANEL_ROWS + lane] = (uint8_t)minimum;
        return;
    }
    case CK_IQ4_XS: {
        int scale = (b[4 + part / 2] >> part % 2 * 4 & 15) | (u16_at(b + 2) >> part * 2 & 3) << 4;
        to[lane] = (uint8_t)(int8_t)(scale - 32);
        return;
    }
    default: break;
    }
    for (int half = 0; half < 2; half++) {
        int sixteenth = part * 2 + half;
        uint8_t *scale = to + half * PANEL_ROWS + lane;
        if (m->dtype == CK_Q6_K) {
            *scale = b[192 + sixteenth];
        } else if (m->dtype == CK_Q3_K) {
            const uint8_t *scales = b + 96;
            int low = sixteenth < 8 ? scales[sixteenth] & 15 : scales[sixteenth - 8] >> 4;
            int high = scales[8 + sixteenth % 4] >> sixteenth / 4 * 2 & 3;
            *scale = (uint8_t)(int8_t)((low | high << 4) - 32);
        } else {  // CK_Q2_K
            *scale = b[sixteenth] & 15;
            scale[2 * PANEL_ROWS] = b[sixteenth] >> 4;
        }
    }
}

// --- panels --------------------------------------------------------------------------------------

static void fill_span(
    const ck_matrix *m, const ck_panels *panels, panel_form form, size_t first_row, size_t column, uint8_t *to
) {
    size_t rows = m->rows - first_row < PANEL_ROWS ? m->rows - first_row : PANEL_ROWS;
    uint16_t scales[2][PANEL_ROWS] = {0};
    for (size_t lane = 0; lane < rows; lane++) {
        read_scale(m, first_row + lane, column, &scales[0][lane], &scales[1][lane]);
    }
    size_t head = (form.offsets ? 4 : 2) * PANEL_ROWS;
    memcpy(to, scales, head);
    to += head;
    for (size_t part = 0; part < panels->plan.span / PART; part++) {
        // Rows that are not there have scales of zero, and any levels.
        uint32_t levels[PART_STEPS][PANEL_ROWS] = {0};
        memset(to, 0, sub_bytes(form.sub));
        for (size_t lane = 0; lane < rows; lane++) {
            size_t row = first_row + lane, start = column + part * PART;
            if (form.sub != SUB_NONE) put_sub_scales(m, row, start, (int)lane, to);
            uint8_t bytes[PART];
            read_levels_of(m, row, start, bytes);
            for (int step = 0; step < PART_STEPS; step++) memcpy(&levels[step][lane], bytes + 4 * step, 4);
        }
        to += sub_bytes(form.sub);
        put_levels(form.levels, levels, to);
        to += level_bytes(form.levels);
    }
}

void ck_fill_panels(const ck_matrix *matrix, const ck_panels *panels, size_t first, size_t last) {
    panel_form form = FORMS[panels->plan.form];
    size_t bytes = span_bytes(form, panels->plan.span);
    for (size_t panel = first; panel < last; panel++) {
        uint8_t *to = panels->start + panel * panels->plan.panel_bytes;
        for (size_t column = 0; column < panels->columns; column += panels->plan.span, to += bytes) {
            fill_span(matrix, panels, form, panel * PANEL_ROWS, column, to);
        }
    }
}
