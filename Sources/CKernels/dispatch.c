// Which table this CPU gets.
#include "ckernels.h"

const ck_kernels *ck_fastest(void) {
    const ck_kernels *table = ck_avx512() ? ck_avx512() : ck_avx2();
    return table ? table : ck_portable();
}

const char *ck_path(void) { return ck_fastest()->name; }
