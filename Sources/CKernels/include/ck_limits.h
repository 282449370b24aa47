// What this CPU can do at best: the yardstick that kernels are held against, not a part of any of them.
#ifndef CK_LIMITS_H
#define CK_LIMITS_H

#include <stddef.h>
#include <stdint.h>

// Products of numbers in registers alone: sums that do not depend on each other, enough of them to keep every
// multiplier busy.
typedef struct ck_limit {
    // The instructions.
    const char *name;
    // Multiplications and additions in one round.
    uint64_t operations;
    // Computes so many rounds; the result only keeps them from being left out.
    uint32_t (*run)(uint64_t rounds);
} ck_limit;

// Floats, by the widest vectors there are.
const ck_limit *ck_float_limit(void);
// Bytes into sums of 32 bits, by the instructions made for it where there are any.
const ck_limit *ck_byte_limit(void);
// Bytes into sums of 16 bits that somebody has to widen now and then; NULL where the above is faster.
const ck_limit *ck_short_limit(void);

// Reads memory once from one end to the other; `bytes` in whole steps of 512.
uint64_t ck_read_bytes(const void *data, size_t bytes);

#endif
