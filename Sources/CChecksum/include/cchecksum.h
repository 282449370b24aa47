#ifndef CCHECKSUM_H
#define CCHECKSUM_H
#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, as in RFC 3720) of `length` bytes, continuing from `seed` (0 to start).
/// Uses the SSE 4.2 instruction where the CPU has it; the result is the same on every path.
uint32_t checksum_crc32c(uint32_t seed, const uint8_t *bytes, size_t length);

/// Four CRC-32C of one stretch of bytes: word n, of 8 bytes, goes to number n mod 4, which hides the
/// instruction's latency, so that checking is faster than reading from memory.
/// Start with zeros. What is given at once has a multiple of 32 bytes, except the last, whose bytes behind
/// the last whole 32 all go to number 0.
void checksum_crc32c_lanes(uint32_t lanes[4], const uint8_t *bytes, size_t length);

/// The same in plain C, whatever the CPU.
void checksum_crc32c_lanes_portable(uint32_t lanes[4], const uint8_t *bytes, size_t length);
#endif
