// The reading side of the benchmark: many event streams on one thread, so that a busy server never
// waits for its reader. Takes the same arguments as client.mjs and answers with the same JSON.
//
//   client port=N path=/... connections=N [gzip=1] [stall=MS] [slow=BYTES_PER_S] [receive=BYTES]
//          [together=N] [skip=MS] [watch=MS] [limit=MS] [hold=1] [spin=1]
//
// An event is one `"t":<µs>` in the body: each payload of the workload has one, whatever the library
// puts around it. Its value is the producer's monotonic clock, so the difference to ours is how long
// the event was on its way.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef WITH_ZLIB
#include <zlib.h>
#endif

#define MARK "\"t\":"
#define MARK_LENGTH 4
// The most of a mark and its number that two reads can cut apart.
#define CARRY 32
// Connections whose headers are awaited at once: more would overflow the server's backlog.
#define MAX_OPENING 256
#define READ_BYTES (256 * 1024)
// Latencies are counted in steps of 1 µs up to 1 s, and of 1 ms from there on.
#define FINE_BUCKETS 1000000
#define BUCKETS 2000000

enum chunk_state { IN_SIZE, IN_SIZE_REST, IN_DATA, AFTER_DATA, IN_TRAILER };

struct stream {
  int fd;
  int head_matched; // how much of CR LF CR LF
  int has_head;
  int is_chunked;
  int is_gzip;
  int is_ended; // its last chunk came
  enum chunk_state state;
  int64_t size; // of the chunk: left of it, or as far as its hex digits are read
  int trailer_length;
  char head[4096];
  int head_length;
  char carry[CARRY];
  int carry_length;
  int64_t events;
  int64_t asked_at;
  int64_t first_at;
#ifdef WITH_ZLIB
  z_stream *inflater;
#endif
};

static char read_buffer[READ_BYTES];
static char window[READ_BYTES * 4 + CARRY + 1];
static uint32_t *latencies;
static int64_t latency_count, latency_max, wire_bytes, body_bytes, events, latencies_from = INT64_MAX, latencies_until = INT64_MAX;

static int64_t now_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static const char *argument(int count, char **values, const char *name, const char *otherwise) {
  size_t length = strlen(name);
  for (int i = 1; i < count; i++)
    if (!strncmp(values[i], name, length) && values[i][length] == '=') return values[i] + length + 1;
  return otherwise;
}

static void count_latency(int64_t produced_at, int64_t now) {
  if (produced_at < latencies_from || produced_at >= latencies_until) return;
  int64_t latency = now - produced_at;
  if (latency < 0) latency = 0;
  if (latency > latency_max) latency_max = latency;
  int64_t bucket = latency < FINE_BUCKETS ? latency : FINE_BUCKETS + (latency - FINE_BUCKETS) / 1000;
  latencies[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
  latency_count++;
}

static int64_t percentile(double part) {
  int64_t wanted = (int64_t)(latency_count * part), sum = 0;
  for (int i = 0; i < BUCKETS; i++)
    if ((sum += latencies[i]) > wanted)
      return i < FINE_BUCKETS ? i : FINE_BUCKETS + (int64_t)(i - FINE_BUCKETS) * 1000;
  return latency_max;
}

/** Counts the events in a piece of body. What may be the start of a mark is kept for the next one. */
static void count_events(struct stream *stream, const char *data, int length, int64_t now) {
  body_bytes += length;
  memcpy(window, stream->carry, stream->carry_length);
  memcpy(window + stream->carry_length, data, length);
  char *at = window, *end = window + stream->carry_length + length, *after = window;
  while ((at = memmem(at, end - at, MARK, MARK_LENGTH)) != NULL) {
    int64_t produced_at = 0;
    char *digit = at + MARK_LENGTH;
    while (digit < end && *digit >= '0' && *digit <= '9') produced_at = produced_at * 10 + (*digit++ - '0');
    if (digit == end) break; // the number may go on
    if (stream->first_at == 0) stream->first_at = now;
    stream->events++;
    events++;
    count_latency(produced_at, now);
    at = after = digit;
  }
  int64_t rest = at != NULL ? end - at : end - after;
  if (at == NULL && rest > MARK_LENGTH - 1) rest = MARK_LENGTH - 1;
  stream->carry_length = rest > CARRY ? CARRY : (int)rest;
  memmove(stream->carry, end - stream->carry_length, stream->carry_length);
}

static void take_body(struct stream *stream, const char *data, int length, int64_t now) {
#ifdef WITH_ZLIB
  if (stream->is_gzip) {
    static char inflated[READ_BYTES * 4];
    stream->inflater->next_in = (Bytef *)data;
    stream->inflater->avail_in = length;
    int result;
    do {
      stream->inflater->next_out = (Bytef *)inflated;
      stream->inflater->avail_out = sizeof inflated;
      result = inflate(stream->inflater, Z_SYNC_FLUSH);
      count_events(stream, inflated, sizeof inflated - stream->inflater->avail_out, now);
    } while (result == Z_OK && stream->inflater->avail_out == 0);
    return;
  }
#endif
  count_events(stream, data, length, now);
}

static void take_chunked(struct stream *stream, const char *data, int length, int64_t now) {
  int at = 0;
  while (at < length && !stream->is_ended) {
    char letter = data[at];
    switch (stream->state) {
    case IN_SIZE: {
      int digit = letter >= '0' && letter <= '9'                  ? letter - '0'
                  : (letter | 32) >= 'a' && (letter | 32) <= 'f' ? (letter | 32) - 'a' + 10
                                                                  : -1;
      if (digit < 0) stream->state = IN_SIZE_REST;
      else stream->size = stream->size * 16 + digit, at++;
      break;
    }
    case IN_SIZE_REST:
      at++;
      if (letter != '\n') break;
      stream->state = stream->size == 0 ? IN_TRAILER : IN_DATA;
      stream->trailer_length = 0;
      break;
    case IN_DATA: {
      int64_t taken = length - at < stream->size ? length - at : stream->size;
      take_body(stream, data + at, (int)taken, now);
      at += (int)taken;
      if ((stream->size -= taken) == 0) stream->state = AFTER_DATA;
      break;
    }
    case AFTER_DATA:
      at++;
      if (letter == '\n') stream->state = IN_SIZE;
      break;
    case IN_TRAILER:
      at++;
      if (letter != '\n') stream->trailer_length += letter != '\r';
      else if (stream->trailer_length == 0) stream->is_ended = 1;
      else stream->trailer_length = 0;
      break;
    }
  }
}

/** Reads on to the end of the headers. @returns where the body begins, or -1 */
static int take_head(struct stream *stream, const char *data, int length) {
  for (int i = 0; i < length; i++) {
    char letter = data[i];
    if (stream->head_length < (int)sizeof stream->head - 1)
      stream->head[stream->head_length++] = letter >= 'A' && letter <= 'Z' ? letter | 32 : letter;
    int wanted = stream->head_matched % 2 == 0 ? '\r' : '\n';
    stream->head_matched = letter == wanted ? stream->head_matched + 1 : letter == '\r';
    if (stream->head_matched < 4) continue;
    stream->has_head = 1;
    stream->head[stream->head_length] = 0;
    stream->is_chunked = strstr(stream->head, "transfer-encoding: chunked") != NULL;
    stream->is_gzip = strstr(stream->head, "content-encoding: gzip") != NULL;
#ifdef WITH_ZLIB
    if (stream->is_gzip) {
      stream->inflater = calloc(1, sizeof(z_stream));
      inflateInit2(stream->inflater, 15 + 16);
    }
#endif
    return i + 1;
  }
  return -1;
}

static int compare_numbers(const void *left, const void *right) {
  int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

int main(int count, char **values) {
#ifdef __linux__
  // Else a run that is stopped leaves a client behind, which takes a whole core until its time is up.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
  int port = atoi(argument(count, values, "port", "0"));
  const char *path = argument(count, values, "path", "/");
  int connections = atoi(argument(count, values, "connections", "1"));
  int wants_gzip = atoi(argument(count, values, "gzip", "0"));
  int stall_ms = atoi(argument(count, values, "stall", "0"));
  int slow = atoi(argument(count, values, "slow", "0"));
  int receive = atoi(argument(count, values, "receive", "0"));
  int together = atoi(argument(count, values, "together", "0"));
  int hold = atoi(argument(count, values, "hold", "0"));
  // Never sleeps: to wake a sleeper on this machine is a part of a server's write that no client
  // elsewhere causes, and the more of it the slower the server is.
  int spin = atoi(argument(count, values, "spin", "0"));
  int64_t skip_us = atoll(argument(count, values, "skip", "0")) * 1000;
  int64_t watch_us = atoll(argument(count, values, "watch", "0")) * 1000;
  int64_t limit_us = atoll(argument(count, values, "limit", "60000")) * 1000;

  latencies = calloc(BUCKETS, sizeof *latencies);
  struct stream *streams = calloc(connections, sizeof *streams);
  struct epoll_event ready[1024];
  int epoll = epoll_create1(0);
  char request[1024];
  // As a browser asks over http; `gzip` alone is what Go asks for, whose decoder must be told of flushes.
  int request_length = snprintf(request, sizeof request,
                                "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/event-stream\r\n%s\r\n",
                                path, port, wants_gzip ? "Accept-Encoding: gzip, deflate\r\n" : "");
  int started = 0, opened = 0, failed = 0, over = 0, cut = 0, has_stalled = 0, has_told = 0;
  int64_t start = now_us(), opened_at = 0, slow_from = 0, slow_bytes = 0, reads = 0;

  while (over < connections && now_us() - start < limit_us) {
    while (started < connections && started - opened - failed < MAX_OPENING &&
           (together == 0 || started - over < together)) {
      struct stream *stream = &streams[started];
      struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(port)};
      server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      // Addresses of our own in turn: one has only so many ports.
      struct sockaddr_in own = {.sin_family = AF_INET};
      own.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + started % 16);
      int one = 1;
      stream->fd = socket(AF_INET, SOCK_STREAM, 0);
      setsockopt(stream->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
      setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      if (receive) setsockopt(stream->fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof receive);
      bind(stream->fd, (struct sockaddr *)&own, sizeof own);
      started++;
      stream->asked_at = now_us();
      if (connect(stream->fd, (struct sockaddr *)&server, sizeof server) < 0 ||
          write(stream->fd, request, request_length) != request_length) {
        close(stream->fd);
        failed++;
        over++;
        continue;
      }
      fcntl(stream->fd, F_SETFL, O_NONBLOCK);
      struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = stream};
      epoll_ctl(epoll, EPOLL_CTL_ADD, stream->fd, &wanted);
    }
    int found = epoll_wait(epoll, ready, 1024, spin ? 0 : 50);
    int64_t now = now_us();
    if (hold) {
      struct pollfd input = {.fd = 0, .events = POLLIN | POLLHUP};
      char letter;
      if (poll(&input, 1, 0) > 0 && read(0, &letter, 1) <= 0) break;
    }
    for (int i = 0; i < found; i++) {
      struct stream *stream = ready[i].data.ptr;
      int wanted = READ_BYTES, is_cut = 0;
      if (slow) {
        // What a line of that speed has brought by now.
        if (slow_from == 0) slow_from = now;
        int64_t due = (now - slow_from) * slow / 1000000 - slow_bytes;
        if (due < 256) {
          usleep(2000);
          continue;
        }
        wanted = due < READ_BYTES ? (int)due : READ_BYTES;
      }
      int length = (int)read(stream->fd, read_buffer, wanted);
      reads++;
      if (length < 0 && errno == EAGAIN) continue;
      if (length > 0) {
        const char *data = read_buffer;
        wire_bytes += length;
        slow_bytes += length;
        if (!stream->has_head) {
          int body = take_head(stream, data, length);
          if (body < 0) continue;
          data += body;
          length -= body;
          if (++opened + failed == connections) {
            opened_at = now_us();
            latencies_from = opened_at + skip_us;
            if (watch_us > 0) latencies_until = latencies_from + watch_us;
          }
        }
        if (stream->is_chunked) take_chunked(stream, data, length, now);
        else take_body(stream, data, length, now);
      } else if (stream->has_head && !stream->is_chunked && length == 0) stream->is_ended = 1;
      else {
        cut++;
        is_cut = 1;
      }
      if (stream->is_ended || is_cut) {
        close(stream->fd);
        stream->fd = -1;
        over++;
      } else if (stall_ms && !has_stalled && stream->events > 0) {
        has_stalled = 1;
        printf("stalled\n");
        fflush(stdout);
        usleep(stall_ms * 1000);
        printf("reads on\n");
        fflush(stdout);
      }
    }
    if (!has_told && opened + failed == connections) {
      has_told = 1;
      printf("open\n");
      fflush(stdout);
    }
  }

  int64_t took = now_us() - start, least = INT64_MAX, most = 0;
  int ended = 0, first_count = 0;
  int64_t *firsts = calloc(connections, sizeof *firsts);
  for (int i = 0; i < connections; i++) {
    if (streams[i].events < least) least = streams[i].events;
    if (streams[i].events > most) most = streams[i].events;
    ended += streams[i].is_ended;
    if (streams[i].first_at) firsts[first_count++] = streams[i].first_at - streams[i].asked_at;
  }
  qsort(firsts, first_count, sizeof *firsts, compare_numbers);
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  int64_t cpu = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
  printf("{\"opened\":%d,\"failed\":%d,\"ended\":%d,\"cut\":%d,\"events\":%lld,\"least\":%lld,\"most\":%lld,"
         "\"wireBytes\":%lld,\"bodyBytes\":%lld,\"reads\":%lld,\"openMs\":%.1f,\"tookMs\":%.1f,\"cpuMs\":%.1f,"
         "\"firstUs\":%lld,\"latencies\":%lld,\"p50Us\":%lld,\"p99Us\":%lld,\"maxUs\":%lld}\n",
         opened, failed, ended, cut, (long long)events, (long long)least, (long long)most,
         (long long)wire_bytes, (long long)body_bytes, (long long)reads, opened_at ? (opened_at - start) / 1e3 : 0,
         took / 1e3, cpu / 1e3, first_count ? (long long)firsts[first_count / 2] : 0, (long long)latency_count,
         latency_count ? (long long)percentile(0.5) : 0, latency_count ? (long long)percentile(0.99) : 0,
         (long long)latency_max);
  return 0;
}
