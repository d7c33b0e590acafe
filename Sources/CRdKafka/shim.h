// librdkafka's public header, and its variadic producer call, which Swift cannot call.

#ifndef MOAA_RDKAFKA_SHIM_H
#define MOAA_RDKAFKA_SHIM_H

#include <librdkafka/rdkafka.h>

// Queues a copy of a message. `headers` are taken over on success only. A timestamp of 0: now.
static inline rd_kafka_resp_err_t moaa_rd_kafka_produce(
    rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition, const void *key, size_t key_count,
    const void *value, size_t value_count, int64_t timestamp_ms, rd_kafka_headers_t *headers) {
  if (headers)
    return rd_kafka_producev(
        client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_KEY(key, key_count),
        RD_KAFKA_V_VALUE((void *)value, value_count), RD_KAFKA_V_TIMESTAMP(timestamp_ms),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
  return rd_kafka_producev(
      client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_KEY(key, key_count),
      RD_KAFKA_V_VALUE((void *)value, value_count), RD_KAFKA_V_TIMESTAMP(timestamp_ms),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
}

#endif
