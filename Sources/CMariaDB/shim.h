#include <mysql.h>
#include <errmsg.h>

// Whether the server takes arrays of rows for one prepared statement. mariadb_get_infov is variadic,
// which Swift does not import.
static inline int moaa_mariadb_takes_arrays(MYSQL *mysql) {
  unsigned long capabilities = 0;
  if (mariadb_get_infov(mysql, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &capabilities)) return 0;
  return (capabilities & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)) != 0;
}
