// Array binding straight from C: what libmariadb and the server do by themselves, with the rows made
// before the clock starts. Prints the seconds of inserting rows, and of updating each of them.
//
// Usage: raw_arrays SOCKET|- PORT USER DATABASE wire|station COUNT; the password in
// MOAA_MYSQL_PASSWORD. The table must be there and empty.

#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { rows_per_transaction = 20000, columns_max = 8 };

static void check(int failed, const char *what, const char *words) {
  if (!failed) return;
  fprintf(stderr, "%s: %s\n", what, words);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count_of_words, char **words) {
  check(count_of_words != 7, "raw_arrays", "six words are wanted");
  int is_station = strcmp(words[5], "station") == 0;
  long count = atol(words[6]);
  int column_count = is_station ? 8 : 4;
  MYSQL *mysql = mysql_init(NULL);
  check(!mysql_real_connect(mysql, "127.0.0.1", words[3], getenv("MOAA_MYSQL_PASSWORD"), words[4],
                            atoi(words[2]), strcmp(words[1], "-") ? words[1] : NULL, 0),
        "connect", mysql_error(mysql));
  check(mysql_query(mysql, "SET time_zone = '+00:00'"), "session", mysql_error(mysql));

  MYSQL_TIME *times = calloc(count, sizeof *times);
  MYSQL_TIME **time_pointers = calloc(count, sizeof *time_pointers);
  char (*stations)[12] = calloc(count, sizeof *stations);
  char **station_pointers = calloc(count, sizeof *station_pointers);
  unsigned long *lengths = calloc(count, sizeof *lengths);
  long long *counts = calloc(count, 8), *revisions = calloc(count, 8), *finals = calloc(count, 8);
  double *figures[3] = {calloc(count, 8), calloc(count, 8), calloc(count, 8)};
  char *indicators = calloc(count, 1);

  const char *sql = is_station
      ? "INSERT INTO real_time_tmp_by_station_hour (station, reported_hour, observation_count, "
        "mean_tmp, min_tmp, max_tmp, revision, final) VALUES (?,?,?,?,?,?,?,?) ON DUPLICATE KEY "
        "UPDATE observation_count = VALUES(observation_count), mean_tmp = VALUES(mean_tmp), "
        "min_tmp = VALUES(min_tmp), max_tmp = VALUES(max_tmp), revision = VALUES(revision), "
        "final = VALUES(final)"
      : "INSERT INTO real_time_tmp_by_hour (reported_hour, mean_tmp, min_tmp, max_tmp) VALUES "
        "(?,?,?,?) ON DUPLICATE KEY UPDATE mean_tmp = VALUES(mean_tmp), min_tmp = VALUES(min_tmp), "
        "max_tmp = VALUES(max_tmp)";
  MYSQL_STMT *statement = mysql_stmt_init(mysql);
  check(mysql_stmt_prepare(statement, sql, strlen(sql)), "prepare", mysql_stmt_error(statement));

  for (int round = 0; round < 2; round++) {
    for (long row = 0; row < count; row++) {
      time_t seconds = (350640 + (is_station ? row % 1000 : row)) * 3600L;
      struct tm time;
      gmtime_r(&seconds, &time);
      times[row] = (MYSQL_TIME){.year = time.tm_year + 1900, .month = time.tm_mon + 1,
          .day = time.tm_mday, .hour = time.tm_hour, .time_type = MYSQL_TIMESTAMP_DATETIME};
      time_pointers[row] = &times[row];
      lengths[row] = sprintf(stations[row], "%ld", 72300000000 + row / 1000);
      station_pointers[row] = stations[row];
      double mean = ((row * 7919) % 50000000 - 20000000 + round * 100000) / 1e6;
      figures[0][row] = mean;
      figures[1][row] = mean - 1;
      figures[2][row] = mean + 1;
      counts[row] = 3, revisions[row] = round + 1, finals[row] = 1;
    }
    double start = now();
    for (long first = 0; first < count; first += rows_per_transaction) {
      unsigned size = count - first < rows_per_transaction ? count - first : rows_per_transaction;
      MYSQL_BIND binds[columns_max];
      memset(binds, 0, sizeof binds);
      int column = 0;
      if (is_station) {
        binds[column] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_STRING,
            .buffer = station_pointers + first, .length = lengths + first};
        column++;
      }
      binds[column++] =
          (MYSQL_BIND){.buffer_type = MYSQL_TYPE_DATETIME, .buffer = time_pointers + first};
      if (is_station)
        binds[column++] =
            (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = counts + first};
      for (int figure = 0; figure < 3; figure++)
        binds[column++] =
            (MYSQL_BIND){.buffer_type = MYSQL_TYPE_DOUBLE, .buffer = figures[figure] + first};
      if (is_station) {
        binds[column++] =
            (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = revisions + first};
        binds[column++] =
            (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = finals + first};
      }
      for (int index = 0; index < column_count; index++) binds[index].u.indicator = indicators;
      mysql_stmt_attr_set(statement, STMT_ATTR_ARRAY_SIZE, &size);
      check(mysql_query(mysql, "START TRANSACTION"), "begin", mysql_error(mysql));
      check(mysql_stmt_bind_param(statement, binds), "bind", mysql_stmt_error(statement));
      check(mysql_stmt_execute(statement), "execute", mysql_stmt_error(statement));
      check(mysql_query(mysql, "COMMIT"), "commit", mysql_error(mysql));
    }
    printf("%.6f ", now() - start);
  }
  printf("\n");
  mysql_stmt_close(statement);
  mysql_close(mysql);
  return 0;
}
