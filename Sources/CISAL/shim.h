#pragma once
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

// ISA-L's inflate state is 80 KB of arrays, which Swift would have to take for tuples: it looks at
// them through these only.
typedef struct moaa_inflater moaa_inflater;

typedef struct {
  uint32_t used_count;
  uint32_t written_count;
  // Whether the member has ended, and its checksum and length agree.
  bool is_finished;
  // Below 0: one of ISA-L's errors.
  int code;
} moaa_inflate_step;

// NULL when there is no memory.
static inline moaa_inflater *moaa_inflater_create(void) {
  return (moaa_inflater *)malloc(sizeof(struct inflate_state));
}

static inline void moaa_inflater_free(moaa_inflater *inflater) { free(inflater); }

// Makes ready for a member of which the header has been read.
static inline void moaa_inflater_begin(moaa_inflater *inflater) {
  struct inflate_state *state = (struct inflate_state *)inflater;
  isal_inflate_init(state);
  state->crc_flag = ISAL_GZIP_NO_HDR_VER;
}

static inline moaa_inflate_step moaa_inflate(
  moaa_inflater *inflater, const uint8_t *input, uint32_t input_count, uint8_t *output,
  uint32_t output_count
) {
  struct inflate_state *state = (struct inflate_state *)inflater;
  state->next_in = (uint8_t *)input;
  state->avail_in = input_count;
  state->next_out = output;
  state->avail_out = output_count;
  int code = isal_inflate(state);
  moaa_inflate_step step = {
    input_count - state->avail_in, output_count - state->avail_out,
    state->block_state == ISAL_BLOCK_FINISH, code};
  return step;
}
