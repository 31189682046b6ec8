// libmicrohttpd: MHD_start_daemon is variadic, so Swift cannot call it. Options travel in one array.
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <microhttpd.h>

static inline struct MHD_Daemon *martlet_mhd_start(
    unsigned int flags, uint16_t port, MHD_AccessHandlerCallback handler, void *handler_context,
    MHD_RequestCompletedCallback completed, void *completed_context,
    const struct sockaddr *address, const struct MHD_OptionItem *options) {
  return MHD_start_daemon(flags, port, NULL, NULL, handler, handler_context,
                          MHD_OPTION_NOTIFY_COMPLETED, completed, completed_context,
                          MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

/// The socket of a connection, or -1: what the hang-up watcher listens to.
static inline int martlet_mhd_socket(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == NULL ? -1 : info->connect_fd;
}

/// Writes the peer's address without its port; false when it is not known. The structures of sockets
/// stay here: in Swift their module depends on which of several headers was read first.
static inline bool martlet_mhd_peer_text(struct MHD_Connection *connection, char *buffer,
                                         socklen_t size) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  if (info == NULL || info->client_addr == NULL) return false;
  const struct sockaddr *peer = info->client_addr;
  const void *host = peer->sa_family == AF_INET6
                         ? (const void *)&((const struct sockaddr_in6 *)peer)->sin6_addr
                         : (const void *)&((const struct sockaddr_in *)peer)->sin_addr;
  return inet_ntop(peer->sa_family, host, buffer, size) != NULL;
}

/// The port that the daemon is bound to; 0 when it is not known.
static inline uint16_t martlet_mhd_port(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
  return info == NULL ? 0 : info->port;
}

/// Starts a daemon that is turned by a loop of one's own, and tells of lines and connections early.
static inline struct MHD_Daemon *martlet_mhd_start_turned(
    unsigned int flags, uint16_t port, const struct sockaddr *address, void *context,
    MHD_AccessHandlerCallback handler, MHD_RequestCompletedCallback completed,
    void *(*line)(void *context, const char *uri, struct MHD_Connection *connection),
    MHD_NotifyConnectionCallback connection, const struct MHD_OptionItem *options) {
  return MHD_start_daemon(flags, port, NULL, NULL, handler, context,
                          MHD_OPTION_NOTIFY_COMPLETED, completed, context,
                          MHD_OPTION_URI_LOG_CALLBACK, line, context,
                          MHD_OPTION_NOTIFY_CONNECTION, connection, context,
                          MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

/// The epoll descriptor of a turned daemon, or -1.
static inline int martlet_mhd_epoll(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
  return info == NULL ? -1 : info->epoll_fd;
}

/// Opens a socket on its way to an address, without waiting; -1 when that cannot be. Sends are not delayed,
/// and what comes is stamped by the kernel (SO_TIMESTAMPNS).
static inline int martlet_connect(const struct sockaddr_storage *address, socklen_t size,
                                  bool *is_there) {
  int one = 1, opened = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (opened < 0) return -1;
  setsockopt(opened, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(opened, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
  *is_there = connect(opened, (const struct sockaddr *)address, size) == 0;
  if (*is_there || errno == EINPROGRESS) return opened;
  close(opened);
  return -1;
}

/// Receives like recv, and says how many nanoseconds ago the last of it came in by the kernel's stamp; -1
/// when the kernel did not stamp it.
static inline ssize_t martlet_receive(int socket, void *room, size_t size, int64_t *age) {
  union {
    char bytes[CMSG_SPACE(sizeof(struct timespec))];
    struct cmsghdr aligned;
  } control;
  struct iovec part = {.iov_base = room, .iov_len = size};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  ssize_t count = recvmsg(socket, &message, 0);
  *age = -1;
  if (count <= 0) return count;
  for (struct cmsghdr *word = CMSG_FIRSTHDR(&message); word; word = CMSG_NXTHDR(&message, word)) {
    if (word->cmsg_level != SOL_SOCKET || word->cmsg_type != SO_TIMESTAMPNS) continue;
    struct timespec now, then;
    __builtin_memcpy(&then, CMSG_DATA(word), sizeof then);
    clock_gettime(CLOCK_REALTIME, &now);
    *age = (int64_t)(now.tv_sec - then.tv_sec) * 1000000000 + (now.tv_nsec - then.tv_nsec);
    // The clock was set back in between.
    if (*age < 0) *age = 0;
  }
  return count;
}
