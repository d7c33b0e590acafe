// The yardstick of `tools/bench kafka`: lines of a file → a topic, straight through librdkafka, in
// transactions of the same size and with the same settings as moaa's push. Prints the seconds.
// usage: plain_producer BROKERS TOPIC FILE RECORDS_PER_TRANSACTION
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void fail(const char *what) {
  fprintf(stderr, "plain_producer: %s\n", what);
  exit(1);
}

static void check(rd_kafka_error_t *error) {
  if (error) fail(rd_kafka_error_string(error));
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
  char words[512];
  if (rd_kafka_conf_set(conf, name, value, words, sizeof words) != RD_KAFKA_CONF_OK) fail(words);
}

int main(int count, char **words) {
  if (count != 5) fail("usage: plain_producer BROKERS TOPIC FILE RECORDS_PER_TRANSACTION");
  FILE *file = fopen(words[3], "rb");
  if (!file) fail("cannot open the file");
  fseek(file, 0, SEEK_END);
  size_t size = (size_t)ftell(file);
  rewind(file);
  char *bytes = malloc(size);
  if (!bytes || fread(bytes, 1, size, file) != size) fail("cannot read the file");
  long per_transaction = atol(words[4]);

  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", words[1]);
  set(conf, "transactional.id", words[2]);
  set(conf, "enable.idempotence", "true");
  set(conf, "acks", "all");
  set(conf, "linger.ms", "5");
  set(conf, "queue.buffering.max.messages", "200000");
  set(conf, "queue.buffering.max.kbytes", "131072");
  set(conf, "batch.num.messages", "50000");
  set(conf, "batch.size", "1000000");
  set(conf, "partitioner", "murmur2_random");
  set(conf, "delivery.report.only.error", "true");
  char problem[512];
  rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, problem, sizeof problem);
  if (!producer) fail(problem);
  check(rd_kafka_init_transactions(producer, 30000));
  rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, words[2], NULL);
  long open = 0;
  for (char *line = bytes, *last = bytes + size; line < last;) {
    char *stop = memchr(line, '\n', (size_t)(last - line));
    if (!stop) stop = last;
    if (open == 0) check(rd_kafka_begin_transaction(producer));
    // The station is the key: in these records always at the same place.
    while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, line,
                            (size_t)(stop - line), line + 13, 11, NULL)) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail("a message was refused");
      rd_kafka_poll(producer, 100);
    }
    if (++open % 1000 == 0) rd_kafka_poll(producer, 0);
    if (open == per_transaction) {
      check(rd_kafka_commit_transaction(producer, 60000));
      open = 0;
    }
    line = stop + 1;
  }
  if (open) check(rd_kafka_commit_transaction(producer, 60000));
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("%f\n", (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
  return 0;
}
