// Which of 64 bytes matter to a CSV reader, as bit masks, and where a row of plain CSV has its fields: what Swift's
// SIMD types cannot yet do fast (they have no move-mask). Knows bytes and separators, not columns.

#ifndef CSCAN_H
#define CSCAN_H

#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// Bit i is about byte i.
typedef struct {
  uint64_t quotes;
  uint64_t commas;
  uint64_t newlines;
  /// Bytes that are not printable ASCII, newlines among them, and backslashes: what needs a second
  /// look before it may stand in JSON.
  uint64_t odd;
} cscan_masks;

static inline cscan_masks cscan_masks_portable(const uint8_t *bytes) {
  cscan_masks masks = {0, 0, 0, 0};
  for (int i = 0; i < 64; i++) {
    uint8_t byte = bytes[i];
    masks.quotes |= (uint64_t)(byte == '"') << i;
    masks.commas |= (uint64_t)(byte == ',') << i;
    masks.newlines |= (uint64_t)(byte == '\n') << i;
    masks.odd |= (uint64_t)(byte < 0x20 || byte >= 0x7F || byte == '\\') << i;
  }
  return masks;
}

/// The masks of the 64 bytes at `bytes`, all of which must be readable.
static inline cscan_masks cscan_masks_of_64(const uint8_t *bytes) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i comma = _mm_set1_epi8(',');
  const __m128i newline = _mm_set1_epi8('\n');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i del = _mm_set1_epi8(0x7F);
  const __m128i blank = _mm_set1_epi8(0x20);
  cscan_masks masks = {0, 0, 0, 0};
  for (int i = 0; i < 64; i += 16) {
    const __m128i part = _mm_loadu_si128((const __m128i *)(bytes + i));
    // Signed: bytes from 0x80 on are below a blank too.
    const __m128i odd =
        _mm_or_si128(_mm_cmplt_epi8(part, blank),
                     _mm_or_si128(_mm_cmpeq_epi8(part, backslash), _mm_cmpeq_epi8(part, del)));
    masks.quotes |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(part, quote)) << i;
    masks.commas |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(part, comma)) << i;
    masks.newlines |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(part, newline)) << i;
    masks.odd |= (uint64_t)(uint32_t)_mm_movemask_epi8(odd) << i;
  }
  return masks;
#else
  return cscan_masks_portable(bytes);
#endif
}

/// A row: where it ends without its terminator, where the next begins, and how many fields it has. `next` is 0
/// when there is none.
typedef struct {
  int32_t end;
  int32_t next;
  int32_t field_count;
} cscan_row;

/// What must be free behind the ends that are wanted.
#define CSCAN_ENDS_SLACK 68

/// Finds a row of printable ASCII without doubled quotes and backslashes that begins at `bytes`, 64 bytes at a time, by
/// the widest instructions that the machine has.
/// \param last_block the greatest place at which a block of 64 bytes may begin; may be negative.
/// \param ends where each of the first `wanted_count` fields ends: at its comma, or at the row's end. Has room for
///   CSCAN_ENDS_SLACK more.
cscan_row cscan_plain_row(const uint8_t *bytes, int64_t last_block, int32_t wanted_count, int32_t *ends);

/// The same by the instructions of one level, for tests: 0 plain C, 1 SSE2, 2 AVX2, 3 AVX-512. The machine must have it.
#define CSCAN_LEVEL_COUNT 4
int cscan_has_level(int level);
cscan_row cscan_plain_row_at_level(int level, const uint8_t *bytes, int64_t last_block, int32_t wanted_count,
                                   int32_t *ends);

#endif
