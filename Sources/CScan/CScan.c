// The row scan for each instruction set that is worth one, and the choice among them.

#include "CScan.h"

static inline uint64_t parity_portable(uint64_t bits) {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  bits ^= bits << 32;
  return bits;
}

#define SCAN_ROW plain_row_portable
#define SCAN_TARGET
#define SCAN_MASKS cscan_masks_portable
#define SCAN_PARITY parity_portable
#include "CScanRow.inc"

#if defined(__x86_64__)
#include <immintrin.h>

#define SCAN_ROW plain_row_sse2
#define SCAN_TARGET
#define SCAN_MASKS cscan_masks_of_64
#define SCAN_PARITY parity_portable
#include "CScanRow.inc"

#define TARGET_AVX2 __attribute__((target("avx2,pclmul,bmi,popcnt")))
#define TARGET_AVX512 __attribute__((target("avx512bw,avx512f,avx2,pclmul,bmi,popcnt")))

TARGET_AVX2 static inline uint64_t parity_avx2(uint64_t bits) {
  // A product without carries by all ones adds to each bit those below it.
  const __m128i product =
      _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)bits), _mm_set1_epi8((char)0xFF), 0);
  return (uint64_t)_mm_cvtsi128_si64(product);
}

TARGET_AVX2 static inline uint64_t mask_avx2(__m256i low, __m256i high) {
  return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

TARGET_AVX2 static inline __m256i odd_avx2(__m256i part) {
  // Signed: bytes from 0x80 on are below a blank too.
  return _mm256_or_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), part),
                         _mm256_or_si256(_mm256_cmpeq_epi8(part, _mm256_set1_epi8('\\')),
                                         _mm256_cmpeq_epi8(part, _mm256_set1_epi8(0x7F))));
}

TARGET_AVX2 static inline cscan_masks masks_avx2(const uint8_t *bytes) {
  const __m256i low = _mm256_loadu_si256((const __m256i *)bytes);
  const __m256i high = _mm256_loadu_si256((const __m256i *)(bytes + 32));
  const __m256i quote = _mm256_set1_epi8('"');
  const __m256i comma = _mm256_set1_epi8(',');
  const __m256i newline = _mm256_set1_epi8('\n');
  return (cscan_masks){
      .quotes = mask_avx2(_mm256_cmpeq_epi8(low, quote), _mm256_cmpeq_epi8(high, quote)),
      .commas = mask_avx2(_mm256_cmpeq_epi8(low, comma), _mm256_cmpeq_epi8(high, comma)),
      .newlines = mask_avx2(_mm256_cmpeq_epi8(low, newline), _mm256_cmpeq_epi8(high, newline)),
      .odd = mask_avx2(odd_avx2(low), odd_avx2(high)),
  };
}

#define SCAN_ROW plain_row_avx2
#define SCAN_TARGET TARGET_AVX2
#define SCAN_MASKS masks_avx2
#define SCAN_PARITY parity_avx2
#include "CScanRow.inc"

TARGET_AVX512 static inline uint64_t parity_avx512(uint64_t bits) {
  const __m128i product =
      _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)bits), _mm_set1_epi8((char)0xFF), 0);
  return (uint64_t)_mm_cvtsi128_si64(product);
}

TARGET_AVX512 static inline cscan_masks masks_avx512(const uint8_t *bytes) {
  const __m512i part = _mm512_loadu_si512(bytes);
  const __m512i above_blank = _mm512_sub_epi8(part, _mm512_set1_epi8(0x20));
  return (cscan_masks){
      .quotes = _mm512_cmpeq_epi8_mask(part, _mm512_set1_epi8('"')),
      .commas = _mm512_cmpeq_epi8_mask(part, _mm512_set1_epi8(',')),
      .newlines = _mm512_cmpeq_epi8_mask(part, _mm512_set1_epi8('\n')),
      .odd = _mm512_cmpgt_epu8_mask(above_blank, _mm512_set1_epi8(0x5E)) |
             _mm512_cmpeq_epi8_mask(part, _mm512_set1_epi8('\\')),
  };
}

#define SCAN_ROW plain_row_avx512
#define SCAN_TARGET TARGET_AVX512
#define SCAN_MASKS masks_avx512
#define SCAN_PARITY parity_avx512
#include "CScanRow.inc"
#endif

typedef cscan_row (*row_scan)(const uint8_t *, int64_t, int32_t, int32_t *);

/// Slowest first. What the machine lacks is 0.
static row_scan scans[CSCAN_LEVEL_COUNT] = {plain_row_portable, 0, 0, 0};
static row_scan best = plain_row_portable;

__attribute__((constructor)) static void choose(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  scans[1] = plain_row_sse2;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul") &&
      __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt")) {
    scans[2] = plain_row_avx2;
    if (__builtin_cpu_supports("avx512bw")) scans[3] = plain_row_avx512;
  }
#endif
  for (int level = 0; level < CSCAN_LEVEL_COUNT; level++) {
    if (scans[level]) best = scans[level];
  }
}

cscan_row cscan_plain_row(const uint8_t *bytes, int64_t last_block, int32_t wanted_count, int32_t *ends) {
  return best(bytes, last_block, wanted_count, ends);
}

int cscan_has_level(int level) {
  return level >= 0 && level < CSCAN_LEVEL_COUNT && scans[level] != 0;
}

cscan_row cscan_plain_row_at_level(int level, const uint8_t *bytes, int64_t last_block, int32_t wanted_count,
                                   int32_t *ends) {
  return scans[level](bytes, last_block, wanted_count, ends);
}
