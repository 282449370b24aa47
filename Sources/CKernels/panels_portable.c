// Panels in plain C: what the other tables agree with, bit for bit.
#include <math.h>
#include <string.h>

#include "blocks.h"
#include "panels.h"

static uint8_t level_at(panel_form form, const uint8_t *levels, int row, int column) {
    int step = column / 4, place = row * 4 + column % 4;
    if (form.levels == LEVELS_8) return levels[step * 64 + place];
    uint8_t level = levels[step / 2 * 64 + place] >> step % 2 * 4 & 15;
    if (form.levels == LEVELS_UNEVEN) return levels_of(form.zero_shift)[level];
    if (form.levels == LEVELS_5) level |= (levels[256 + place] >> step & 1) << 4;
    if (form.levels == LEVELS_6) level |= (levels[256 + step / 4 * 64 + place] >> step % 4 * 2 & 3) << 4;
    return level;
}

static float scale_at(int32_t dtype, const uint8_t *from, int row) {
    return number_at(dtype, from, (size_t)row);
}

/// One row's products over one part, or over half of it, counted from the level that stands for zero.
static float products(panel_form form, const uint8_t *levels, int row, const ck_rounded *x, int half) {
    int first = half > 0 ? 16 : 0, last = half == 0 ? 16 : 32;
    int32_t total = 0;
    if (form.zero_shift >= 0) {
        total = (half < 0 ? x->minus_total : x->minus_totals[half]) * (1 << form.zero_shift);
    }
    for (int column = first; column < last; column++) {
        total += level_at(form, levels, row, column) * x->levels[column];
    }
    return (float)total;
}

static float multiply_part(
    panel_form form, const uint8_t *part, int row, float scale, float offset, const ck_rounded *x, float sum
) {
    const uint8_t *levels = part + sub_bytes(form.sub);
    int halves = has_halves(form.sub);
    float scales[2], sums[2];
    for (int half = 0; half <= halves; half++) {
        float number = 1;
        if (form.sub != SUB_NONE) {
            uint8_t sub = part[half * PANEL_ROWS + row];
            number = has_minima(form.sub) ? (float)sub : (float)(int8_t)sub;
        }
        scales[half] = scale * number;
        sums[half] = products(form, levels, row, x, halves ? half : -1);
    }
    if (halves) {
        sum = fmaf(fmaf(sums[1], scales[1], sums[0] * scales[0]), x->scale, sum);
    } else {
        sum = fmaf(sums[0], scales[0] * x->scale, sum);
    }
    if (!form.offsets) return sum;
    if (form.sub == SUB_NONE) return fmaf(offset, x->scaled_total, sum);
    for (int half = 0; half <= halves; half++) {
        float minimum = (float)part[(1 + halves + half) * PANEL_ROWS + row];
        sum = fmaf(-(offset * minimum), halves ? x->scaled_totals[half] : x->scaled_total, sum);
    }
    return sum;
}

static float multiply_row(
    const ck_panels *p, panel_form form, const uint8_t *span, int row, const ck_rounded *x
) {
    size_t part_bytes = sub_bytes(form.sub) + level_bytes(form.levels), parts = p->plan.span / PART;
    float sum = 0;
    for (size_t column = 0; column < p->columns; column += p->plan.span) {
        float scale = scale_at(p->plan.scale_dtype, span, row);
        float offset = form.offsets ? scale_at(p->plan.scale_dtype, span + 2 * PANEL_ROWS, row) : 0;
        span += (form.offsets ? 4 : 2) * PANEL_ROWS;
        for (size_t part = 0; part < parts; part++, span += part_bytes, x++) {
            sum = multiply_part(form, span, row, scale, offset, x, sum);
        }
    }
    return sum;
}

void panels_multiply_portable(const ck_panels *p, const ck_panel_product *product) {
    static const panel_form forms[] = {
#define X(number, levels, sub, offsets, zero_shift) {levels, sub, offsets, zero_shift},
        PANEL_FORMS(X)
#undef X
    };
    panel_form form = forms[p->plan.form];
    for (size_t panel = product->first_panel; panel < product->last_panel; panel++) {
        for (size_t t = 0; t < product->tokens; t++) {
            for (int lane = 0; lane < PANEL_ROWS && panel * PANEL_ROWS + (size_t)lane < p->rows; lane++) {
                size_t row = panel * PANEL_ROWS + (size_t)lane;
                const uint8_t *start = p->start + panel * p->plan.panel_bytes;
                float value = multiply_row(p, form, start, lane, product->x + t * (p->columns / PART));
                if (p->bias) value += p->bias[row];
                float *y = product->y + t * product->y_stride + row;
                *y = product->accumulate ? *y + value : value;
            }
        }
    }
}

void panels_round_portable(const float *x, size_t columns, ck_rounded *to) {
    for (size_t start = 0; start < columns; start += PART, to++) {
        float largest = 0;
        for (int i = 0; i < PART; i++) largest = fmaxf(largest, fabsf(x[start + (size_t)i]));
        float inverse = largest > 0 ? 127 / largest : 0;
        *to = (ck_rounded){.scale = largest / 127};
        int32_t totals[2] = {0};
        for (int i = 0; i < PART; i++) {
            float level = rintf(x[start + (size_t)i] * inverse);
            // Written so that what is not a number becomes 0: converting it would be undefined.
            int whole = level >= -127 && level <= 127 ? (int)level : 0;
            to->levels[i] = (int8_t)whole;
            totals[i / 16] += whole;
        }
        to->minus_total = -(totals[0] + totals[1]);
        to->scaled_total = (float)(totals[0] + totals[1]) * to->scale;
        for (int half = 0; half < 2; half++) {
            to->minus_totals[half] = -totals[half];
            to->scaled_totals[half] = (float)totals[half] * to->scale;
        }
    }
}
