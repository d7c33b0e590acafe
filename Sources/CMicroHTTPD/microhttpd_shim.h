// What Swift cannot call: MHD_start_daemon takes a variable number of arguments, and constants of
// enumerations lose their names.

#ifndef MOAA_MICROHTTPD_SHIM_H
#define MOAA_MICROHTTPD_SHIM_H

#include <microhttpd.h>
#include <sys/socket.h>

/// Starts a server with a thread of its own at an address; NULL when that fails, with errno set.
/// - Parameter connections: how many there may be at once.
static inline struct MHD_Daemon *moaa_start_http(
    const struct sockaddr *address, unsigned int connections, MHD_AccessHandlerCallback handler,
    void *opaque) {
  return MHD_start_daemon(
      // Not by select, which knows no descriptor beyond 1,023.
      MHD_USE_POLL_INTERNAL_THREAD, 0, NULL, NULL, handler, opaque, MHD_OPTION_SOCK_ADDR, address,
      MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_CONNECTION_TIMEOUT, 10u, MHD_OPTION_END);
}

/// Answers with a copy of the bytes.
static inline enum MHD_Result moaa_http_respond(
    struct MHD_Connection *connection, unsigned int status, const void *bytes, size_t count,
    const char *content_type) {
  struct MHD_Response *response =
      MHD_create_response_from_buffer(count, (void *)bytes, MHD_RESPMEM_MUST_COPY);
  if (!response) return MHD_NO;
  MHD_add_response_header(response, "Content-Type", content_type);
  enum MHD_Result result = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return result;
}

/// The port that a server listens at; 0 when that is not known.
static inline uint16_t moaa_http_port(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
  return info ? info->port : 0;
}

#endif
