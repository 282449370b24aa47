#ifndef CCHECKSUM_H
#define CCHECKSUM_H
#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, as in RFC 3720) of `length` bytes, continuing from `seed` (0 to start).
/// Uses the SSE 4.2 instruction where the CPU has it; the result is the same on every path.
uint32_t checksum_crc32c(uint32_t seed, const uint8_t *bytes, size_t length);

#endif
