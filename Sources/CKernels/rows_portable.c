// Matrices in rows in plain C.
#include <math.h>
#include <string.h>

#include "blocks.h"
#include "tables.h"

#define KERNEL
#define OPERATION static inline

enum { LANES = 1, TILE_ROWS = 1, TILE_TOKENS = 1 };

typedef float floats;

OPERATION floats all(float number) { return number; }
OPERATION floats fused(floats a, floats b, floats c) { return fmaf(a, b, c); }
OPERATION floats load_numbers(int32_t dtype, const uint8_t *from) { return number_at(dtype, from, 0); }

OPERATION float sum_of(const floats v[16]) {
    float four[4];
    for (int l = 0; l < 4; l++) four[l] = (v[l] + v[l + 8]) + (v[l + 4] + v[l + 12]);
    return (four[0] + four[1]) + (four[2] + four[3]);
}

OPERATION void sums_of(const floats *v, size_t count, float *to) {
    for (size_t i = 0; i < count; i++) to[i] = sum_of(v + 16 * i);
}

#include "rows_kernel.h"

void rows_multiply_portable(const ck_matrix *matrix, const ck_product *product) {
    multiply_rows(matrix, product);
}
