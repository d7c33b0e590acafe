// The yardstick of `tools/bench kafka`: librdkafka alone, with the settings of moaa's push and pull.
// Prints how many records it has sent or read, and the seconds from making the client to the end.
//   produce BROKERS TOPIC FILE RECORDS_PER_TRANSACTION   lines of a file, from memory; 0: without transactions
//   consume BROKERS TOPIC PARTITIONS RECORDS             so many committed records, to nowhere
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MESSAGES_PER_POLL = 16384 };

static void fail(const char *what) {
  fprintf(stderr, "plain_client: %s\n", what);
  exit(1);
}

static void check(rd_kafka_error_t *error) {
  if (error) fail(rd_kafka_error_string(error));
}

static void check_code(rd_kafka_resp_err_t code) {
  if (code) fail(rd_kafka_err2str(code));
}

static rd_kafka_t *make_client(rd_kafka_type_t type, const char *const (*settings)[2]) {
  char words[512];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  for (; (*settings)[0]; settings++)
    if (rd_kafka_conf_set(conf, (*settings)[0], (*settings)[1], words, sizeof words) != RD_KAFKA_CONF_OK)
      fail(words);
  rd_kafka_t *client = rd_kafka_new(type, conf, words, sizeof words);
  if (!client) fail(words);
  return client;
}

static char *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file) fail("cannot open the file");
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  char *bytes = malloc(*size);
  if (!bytes || fread(bytes, 1, *size, file) != *size) fail("cannot read the file");
  fclose(file);
  return bytes;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void report(long count, double start) { printf("%ld %f\n", count, now() - start); }

static void produce(const char *brokers, const char *name, const char *path, long per_transaction) {
  size_t size;
  char *bytes = read_file(path, &size);
  const char *settings[][2] = {
      {"bootstrap.servers", brokers},
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"linger.ms", "5"},
      {"queue.buffering.max.messages", "200000"},
      {"queue.buffering.max.kbytes", "131072"},
      {"batch.num.messages", "50000"},
      {"batch.size", "1000000"},
      {"message.max.bytes", "1048588"},
      {"partitioner", "murmur2_random"},
      {"delivery.report.only.error", "true"},
      {per_transaction ? "transactional.id" : NULL, name},
      {NULL, NULL},
  };
  double start = now();
  rd_kafka_t *producer = make_client(RD_KAFKA_PRODUCER, settings);
  if (per_transaction) check(rd_kafka_init_transactions(producer, 30000));
  rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, name, NULL);
  long open = 0, count = 0;
  for (char *line = bytes, *last = bytes + size; line < last; count++) {
    char *stop = memchr(line, '\n', (size_t)(last - line));
    if (!stop) stop = last;
    if (per_transaction && open == 0) check(rd_kafka_begin_transaction(producer));
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
  if (per_transaction && open) check(rd_kafka_commit_transaction(producer, 60000));
  check_code(rd_kafka_flush(producer, 60000));
  report(count, start);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
}

static void consume(const char *brokers, const char *name, int partitions, long wanted) {
  const char *settings[][2] = {
      {"bootstrap.servers", brokers},
      {"group.id", "plain"},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},
      {"isolation.level", "read_committed"},
      {"receive.message.max.bytes", "1000000000"},
      {"queued.max.messages.kbytes", "65536"},
      {"queued.min.messages", "200000"},
      {"fetch.message.max.bytes", "4194304"},
      {NULL, NULL},
  };
  double start = now();
  rd_kafka_t *consumer = make_client(RD_KAFKA_CONSUMER, settings);
  rd_kafka_poll_set_consumer(consumer);
  rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(consumer);
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
  for (int partition = 0; partition < partitions; partition++)
    rd_kafka_topic_partition_list_add(list, name, partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
  check_code(rd_kafka_assign(consumer, list));
  rd_kafka_topic_partition_list_destroy(list);
  static rd_kafka_message_t *messages[MESSAGES_PER_POLL];
  long count = 0;
  while (count < wanted) {
    // It would wait for a full batch until the time is over: wait for one, then take what is there.
    ssize_t got = rd_kafka_consume_batch_queue(queue, 1000, messages, 1);
    if (got > 0) got += rd_kafka_consume_batch_queue(queue, 0, messages + 1, MESSAGES_PER_POLL - 1);
    for (ssize_t index = 0; index < got; index++) {
      check_code(messages[index]->err);
      count++;
      rd_kafka_message_destroy(messages[index]);
    }
  }
  report(count, start);
  rd_kafka_queue_destroy(queue);
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
}

int main(int count, char **words) {
  if (count == 6 && !strcmp(words[1], "produce"))
    produce(words[2], words[3], words[4], atol(words[5]));
  else if (count == 6 && !strcmp(words[1], "consume"))
    consume(words[2], words[3], atoi(words[4]), atol(words[5]));
  else
    fail("usage: produce BROKERS TOPIC FILE RECORDS_PER_TRANSACTION | consume BROKERS TOPIC PARTITIONS RECORDS");
  return 0;
}
