#include "cchecksum.h"

#include <string.h>

static uint32_t table[256];

__attribute__((constructor)) static void fill_table(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0x82F63B78u & -(crc & 1));
        table[byte] = crc;
    }
}

static uint32_t crc32c_portable(uint32_t crc, const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) crc = (crc >> 8) ^ table[(crc ^ bytes[i]) & 0xFF];
    return crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

__attribute__((target("sse4.2")))
static uint32_t crc32c_sse42(uint32_t crc, const uint8_t *bytes, size_t length) {
    uint64_t wide = crc;
    while (length >= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        wide = _mm_crc32_u64(wide, word);
        bytes += 8;
        length -= 8;
    }
    uint32_t narrow = (uint32_t)wide;
    for (size_t i = 0; i < length; i++) narrow = _mm_crc32_u8(narrow, bytes[i]);
    return narrow;
}

__attribute__((target("sse4.2")))
static void lanes_sse42(uint32_t lanes[4], const uint8_t *bytes, size_t length) {
    uint64_t a = ~lanes[0], b = ~lanes[1], c = ~lanes[2], d = ~lanes[3];
    while (length >= 32) {
        uint64_t words[4];
        memcpy(words, bytes, 32);
        a = _mm_crc32_u64((uint32_t)a, words[0]);
        b = _mm_crc32_u64((uint32_t)b, words[1]);
        c = _mm_crc32_u64((uint32_t)c, words[2]);
        d = _mm_crc32_u64((uint32_t)d, words[3]);
        bytes += 32;
        length -= 32;
    }
    lanes[0] = ~crc32c_sse42((uint32_t)a, bytes, length);
    lanes[1] = ~(uint32_t)b;
    lanes[2] = ~(uint32_t)c;
    lanes[3] = ~(uint32_t)d;
}
#endif

uint32_t checksum_crc32c(uint32_t seed, const uint8_t *bytes, size_t length) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return ~crc32c_sse42(~seed, bytes, length);
#endif
    return ~crc32c_portable(~seed, bytes, length);
}

void checksum_crc32c_lanes_portable(uint32_t lanes[4], const uint8_t *bytes, size_t length) {
    for (; length >= 32; bytes += 32, length -= 32)
        for (int lane = 0; lane < 4; lane++)
            lanes[lane] = ~crc32c_portable(~lanes[lane], bytes + 8 * lane, 8);
    lanes[0] = ~crc32c_portable(~lanes[0], bytes, length);
}

void checksum_crc32c_lanes(uint32_t lanes[4], const uint8_t *bytes, size_t length) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return lanes_sse42(lanes, bytes, length);
#endif
    checksum_crc32c_lanes_portable(lanes, bytes, length);
}
