#include "ck_limits.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

// Twelve sums hide the latency of four or five cycles behind two multipliers, and fit 16 registers with their
// factors.
#define SUMS 12
#define EACH(body) for (int i = 0; i < SUMS; i++) { body; }

__attribute__((target("avx2,fma"))) static uint32_t floats_avx2(uint64_t rounds) {
    __m256 sums[SUMS], a = _mm256_set1_ps(1.0f), b = _mm256_set1_ps(1e-9f);
    EACH(sums[i] = _mm256_set1_ps((float)i))
    for (uint64_t round = 0; round < rounds; round++) {
        // Tells the compiler that the factor may have changed, so that the loop stays.
        __asm__ volatile("" : "+x"(a));
        EACH(sums[i] = _mm256_fmadd_ps(a, b, sums[i]))
    }
    EACH(a = _mm256_add_ps(a, sums[i]))
    return (uint32_t)_mm256_movemask_ps(a);
}

__attribute__((target("avx2"))) static uint32_t bytes_avx2(uint64_t rounds) {
    __m256i sums[SUMS], a = _mm256_set1_epi8(3), b = _mm256_set1_epi8(2), ones = _mm256_set1_epi16(1);
    EACH(sums[i] = _mm256_set1_epi32(i))
    for (uint64_t round = 0; round < rounds; round++) {
        EACH(__asm__ volatile("" : "+x"(a));
             __m256i pairs = _mm256_maddubs_epi16(a, b);
             sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(pairs, ones)))
    }
    EACH(a = _mm256_add_epi32(a, sums[i]))
    return (uint32_t)_mm256_movemask_epi8(a);
}

__attribute__((target("avx2"))) static uint32_t shorts_avx2(uint64_t rounds) {
    __m256i sums[SUMS], a = _mm256_set1_epi8(3), b = _mm256_set1_epi8(2);
    EACH(sums[i] = _mm256_set1_epi16((short)i))
    for (uint64_t round = 0; round < rounds; round++) {
        EACH(__asm__ volatile("" : "+x"(a)); sums[i] = _mm256_add_epi16(sums[i], _mm256_maddubs_epi16(a, b)))
    }
    EACH(a = _mm256_add_epi16(a, sums[i]))
    return (uint32_t)_mm256_movemask_epi8(a);
}

__attribute__((target("avx2"))) static uint64_t read_avx2(const char *data, size_t bytes) {
    __m256i sums[4] = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(),
                       _mm256_setzero_si256()};
    for (size_t at = 0; at + 512 <= bytes; at += 512) {
        const __m256i *words = (const __m256i *)(data + at);
        for (int i = 0; i < 16; i++) {
            sums[i & 3] = _mm256_xor_si256(sums[i & 3], _mm256_loadu_si256(words + i));
        }
    }
    __m256i all = _mm256_xor_si256(_mm256_xor_si256(sums[0], sums[1]), _mm256_xor_si256(sums[2], sums[3]));
    return (uint64_t)_mm256_extract_epi64(all, 0) ^ (uint64_t)_mm256_extract_epi64(all, 1)
           ^ (uint64_t)_mm256_extract_epi64(all, 2) ^ (uint64_t)_mm256_extract_epi64(all, 3);
}

__attribute__((target("avx512f"))) static uint32_t floats_avx512(uint64_t rounds) {
    __m512 sums[SUMS], a = _mm512_set1_ps(1.0f), b = _mm512_set1_ps(1e-9f);
    EACH(sums[i] = _mm512_set1_ps((float)i))
    for (uint64_t round = 0; round < rounds; round++) {
        __asm__ volatile("" : "+v"(a));
        EACH(sums[i] = _mm512_fmadd_ps(a, b, sums[i]))
    }
    EACH(a = _mm512_add_ps(a, sums[i]))
    return (uint32_t)_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ);
}

__attribute__((target("avx512f,avx512bw,avx512vnni"))) static uint32_t bytes_vnni512(uint64_t rounds) {
    __m512i sums[SUMS], a = _mm512_set1_epi8(3), b = _mm512_set1_epi8(2);
    EACH(sums[i] = _mm512_set1_epi32(i))
    for (uint64_t round = 0; round < rounds; round++) {
        __asm__ volatile("" : "+v"(a));
        EACH(sums[i] = _mm512_dpbusd_epi32(sums[i], a, b))
    }
    EACH(a = _mm512_add_epi32(a, sums[i]))
    return (uint32_t)_mm512_cmpgt_epi32_mask(a, b);
}

__attribute__((target("avx2,avxvnni"))) static uint32_t bytes_vnni256(uint64_t rounds) {
    __m256i sums[SUMS], a = _mm256_set1_epi8(3), b = _mm256_set1_epi8(2);
    EACH(sums[i] = _mm256_set1_epi32(i))
    for (uint64_t round = 0; round < rounds; round++) {
        __asm__ volatile("" : "+x"(a));
        EACH(sums[i] = _mm256_dpbusd_avx_epi32(sums[i], a, b))
    }
    EACH(a = _mm256_add_epi32(a, sums[i]))
    return (uint32_t)_mm256_movemask_epi8(a);
}

static const ck_limit float_avx512 = {"AVX-512 vfmadd", SUMS * 16 * 2, floats_avx512};
static const ck_limit float_avx2 = {"AVX2 vfmadd", SUMS * 8 * 2, floats_avx2};
static const ck_limit byte_vnni512 = {"AVX-512 vpdpbusd", SUMS * 64 * 2, bytes_vnni512};
static const ck_limit byte_vnni256 = {"AVX vpdpbusd", SUMS * 32 * 2, bytes_vnni256};
static const ck_limit byte_avx2 = {"AVX2 vpmaddubsw, vpmaddwd, vpaddd", SUMS * 32 * 2, bytes_avx2};
static const ck_limit short_avx2 = {"AVX2 vpmaddubsw, vpaddw", SUMS * 32 * 2, shorts_avx2};
#endif

static uint32_t floats_portable(uint64_t rounds) {
    float sums[16], factor = 1.0f;
    for (int i = 0; i < 16; i++) sums[i] = (float)i;
    for (uint64_t round = 0; round < rounds; round++) {
        __asm__ volatile("" : "+m"(factor));
        for (int i = 0; i < 16; i++) sums[i] += factor * 1e-9f;
    }
    for (int i = 0; i < 16; i++) factor += sums[i];
    return (uint32_t)factor;
}

static uint32_t bytes_portable(uint64_t rounds) {
    int32_t sums[16];
    int16_t factor = 3;
    for (int i = 0; i < 16; i++) sums[i] = i;
    for (uint64_t round = 0; round < rounds; round++) {
        __asm__ volatile("" : "+m"(factor));
        for (int i = 0; i < 16; i++) sums[i] += factor * (int16_t)(i + 1);
    }
    for (int i = 1; i < 16; i++) sums[0] ^= sums[i];
    return (uint32_t)sums[0];
}

static const ck_limit float_portable = {"portable C", 32, floats_portable};
static const ck_limit byte_portable = {"portable C", 32, bytes_portable};

static uint64_t read_portable(const char *data, size_t bytes) {
    uint64_t sums[8] = {0};
    for (size_t at = 0; at + 512 <= bytes; at += 512) {
        uint64_t words[64];
        memcpy(words, data + at, sizeof words);
        for (int i = 0; i < 64; i++) sums[i & 7] ^= words[i];
    }
    for (int i = 1; i < 8; i++) sums[0] ^= sums[i];
    return sums[0];
}

const ck_limit *ck_float_limit(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return &float_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &float_avx2;
#endif
    return &float_portable;
}

const ck_limit *ck_byte_limit(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni")) return &byte_vnni512;
    if (__builtin_cpu_supports("avxvnni")) return &byte_vnni256;
    if (__builtin_cpu_supports("avx2")) return &byte_avx2;
#endif
    return &byte_portable;
}

const ck_limit *ck_short_limit(void) {
#if defined(__x86_64__)
    if (ck_byte_limit() == &byte_avx2) return &short_avx2;
#endif
    return NULL;
}

uint64_t ck_read_bytes(const void *data, size_t bytes) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) return read_avx2(data, bytes);
#endif
    return read_portable(data, bytes);
}
