// What the tables are put together from.
#ifndef CKERNELS_TABLES_H
#define CKERNELS_TABLES_H

#include "ckernels.h"

void rows_multiply_portable(const ck_matrix *matrix, const ck_product *product);
void rows_multiply_avx2(const ck_matrix *matrix, const ck_product *product);
void rows_multiply_avx512(const ck_matrix *matrix, const ck_product *product);
void panels_multiply_portable(const ck_panels *panels, const ck_panel_product *product);
void panels_multiply_avx2(const ck_panels *panels, const ck_panel_product *product);
void panels_multiply_avx512(const ck_panels *panels, const ck_panel_product *product);
void round_portable(const float *x, size_t columns, ck_rounded *to);
void round_avx2(const float *x, size_t columns, ck_rounded *to);
void keep_portable(const ck_kv_entry *entry);
void keep_avx2(const ck_kv_entry *entry);
void attend_portable(const ck_attention *attention);
void attend_avx2(const ck_attention *attention);
void attend_avx512(const ck_attention *attention);

#endif
