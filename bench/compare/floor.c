/* The floor of the comparison: TLS and system calls, and nothing else. Each connection sends a batch of
 * prepared GET requests in one TLS record, waits until all of it is answered, and sends the next. All responses
 * must have the size of the first one; they are counted by their bytes and not parsed. The certificate is not
 * checked.
 *
 *   floor [--latency] [--warm-up N] [--header LINE] HOST PORT PATH CONNECTIONS DEPTH REQUESTS
 *
 * It tells the CPU time of a request, without start and handshakes. With --warm-up it makes N requests before
 * those, in which each connection reads the tickets that TLS 1.3 sends behind the handshake, and goes on
 * behind them until they are answered, so that all connections are busy all the time. With --latency it also
 * tells how long a batch took, from its sending to its last response: with a depth of one, a request. LINE is a
 * header field that each request carries, such as "Authorization: Basic dTpw".
 *
 * Exit status: 0 all answered, 1 something failed, 2 wrong usage. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct connection {
    SSL* tls;
    size_t due;   /* bytes of the batch that are not answered yet */
    size_t batch; /* requests in it */
    double sent_at;
};

struct load {
    char* batch; /* depth times the same request */
    size_t depth, request_size, response_size;
    size_t left; /* requests to send */
    size_t answered;
    size_t measured_from, measured_to; /* responses between which time is measured */
    double started, stopped, cpu_started, cpu_stopped;
    double* latencies; /* of the batches, in microseconds; or null */
    size_t batches;
};

static char buffer[64 * 1024];

static void fail(const char* what) {
    fprintf(stderr, "floor: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static size_t number(const char* text, size_t most) {
    char* end = NULL;
    const unsigned long value = strtoul(text, &end, 10);
    if (*text == '\0' || *end != '\0' || value == 0 || value > most) {
        fprintf(stderr, "floor: '%s' is not a number from 1 to %zu\n", text, most);
        exit(2);
    }
    return value;
}

static double microseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void* left, const void* right) {
    const double a = *(const double*)left, b = *(const double*)right;
    return (a > b) - (a < b);
}

static SSL* open_connection(SSL_CTX* context, const struct addrinfo* address) {
    const int one = 1;
    const int handle = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (handle < 0 || connect(handle, address->ai_addr, address->ai_addrlen) != 0)
        fail("cannot connect");
    setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    SSL* const tls = SSL_new(context);
    if (!tls || SSL_set_fd(tls, handle) != 1 || SSL_connect(tls) != 1)
        fail("the handshake failed");
    return tls;
}

/* Sends one request, reads its response, and tells the response's size. */
static size_t learn_response_size(SSL* tls, const char* request, size_t size) {
    size_t sent = 0, held = 0;
    if (SSL_write_ex(tls, request, size, &sent) != 1)
        fail("cannot send the first request");
    for (;;) {
        size_t got = 0;
        if (SSL_read_ex(tls, buffer + held, sizeof buffer - 1 - held, &got) != 1)
            fail("no response to the first request");
        held += got;
        buffer[held] = '\0';
        const char* const body = strstr(buffer, "\r\n\r\n");
        if (!body) {
            if (held == sizeof buffer - 1)
                fail("the first response is too long");
            continue;
        }
        const char* const length = strcasestr(buffer, "\r\nContent-Length:");
        if (strncmp(buffer, "HTTP/1.1 200 ", 13) != 0 || !length || length > body)
            fail("the first response is not a 200 with a Content-Length");
        const size_t total = (size_t)(body + 4 - buffer) + strtoul(length + 17, NULL, 10);
        if (held > total || total >= sizeof buffer)
            fail("the first response has another size than it tells");
        if (held == total)
            return total;
    }
}

static void note_responses(struct load* load, size_t count) {
    const size_t before = load->answered;
    load->answered += count;
    if (before < load->measured_from && load->answered >= load->measured_from) {
        load->started = microseconds(CLOCK_MONOTONIC);
        load->cpu_started = microseconds(CLOCK_PROCESS_CPUTIME_ID);
    }
    if (before < load->measured_to && load->answered >= load->measured_to) {
        load->stopped = microseconds(CLOCK_MONOTONIC);
        load->cpu_stopped = microseconds(CLOCK_PROCESS_CPUTIME_ID);
    }
}

/* Sends the next requests, as many as a batch holds and are left. Tells whether there were any. */
static bool send_batch(struct connection* c, struct load* load) {
    const size_t count = load->left < load->depth ? load->left : load->depth;
    size_t sent = 0;
    if (count == 0)
        return false;
    if (load->latencies)
        c->sent_at = microseconds(CLOCK_MONOTONIC);
    if (SSL_write_ex(c->tls, load->batch, count * load->request_size, &sent) != 1)
        fail("cannot send a batch");
    c->due = count * load->response_size;
    c->batch = count;
    load->left -= count;
    return true;
}

/* Reads what has come, and sends the next batch as soon as this one is answered: then there is nothing left
 * to read, so there is no read that only finds that out. Tells whether the connection is still busy. */
static bool serve(struct connection* c, struct load* load) {
    for (;;) {
        size_t got = 0;
        if (SSL_read_ex(c->tls, buffer, sizeof buffer, &got) != 1) {
            if (SSL_get_error(c->tls, 0) != SSL_ERROR_WANT_READ)
                fail("a connection was lost");
            return true;
        }
        if (got > c->due)
            fail("more was answered than asked, or the responses differ in size");
        c->due -= got;
        if (c->due > 0)
            continue;
        note_responses(load, c->batch);
        if (load->latencies)
            load->latencies[load->batches++] = microseconds(CLOCK_MONOTONIC) - c->sent_at;
        return send_batch(c, load);
    }
}

int main(int argc, char** argv) {
    const bool help = argc == 2 && strcmp(argv[1], "--help") == 0;
    const bool latency = argc > 1 && strcmp(argv[1], "--latency") == 0;
    if (latency) {
        --argc;
        ++argv;
    }
    size_t warm_up = 0;
    if (argc > 2 && strcmp(argv[1], "--warm-up") == 0) {
        warm_up = number(argv[2], 1000000000);
        argc -= 2;
        argv += 2;
    }
    const char* header = "";
    if (argc > 2 && strcmp(argv[1], "--header") == 0) {
        header = argv[2];
        argc -= 2;
        argv += 2;
    }
    if (argc != 7) {
        fprintf(help ? stdout : stderr,
                "usage: floor [--latency] [--warm-up N] [--header LINE] HOST PORT PATH CONNECTIONS DEPTH "
                "REQUESTS\n");
        return help ? 0 : 2;
    }
    const size_t connections = number(argv[4], 1000);
    const size_t requests = number(argv[6], 1000000000);
    struct load load = {.depth = number(argv[5], 256)};
    /* Behind a warm-up a batch more for each connection, so that none is idle while the others end. */
    load.left = warm_up + requests + (warm_up > 0 ? connections * load.depth : 0);
    load.measured_from = warm_up;
    load.measured_to = warm_up + requests;

    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo* address = NULL;
    if (getaddrinfo(argv[1], argv[2], &hints, &address) != 0)
        fail("cannot find the host");
    SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    if (!context)
        fail("no TLS");
    SSL_CTX_set_read_ahead(context, 1); /* one recv brings many records */

    char request[2048];
    const int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s:%s\r\n%s%s\r\n",
                                argv[3], argv[1], argv[2], header, *header ? "\r\n" : "");
    if (length < 0 || (size_t)length >= sizeof request)
        fail("the path or the header is too long");
    load.request_size = (size_t)length;
    if (load.depth * load.request_size > SSL3_RT_MAX_PLAIN_LENGTH)
        fail("a batch does not fit into one TLS record");
    load.batch = malloc(load.depth * load.request_size);
    struct connection* const all = calloc(connections, sizeof *all);
    if (latency)
        load.latencies = calloc(load.left, sizeof *load.latencies);
    const int events = epoll_create1(EPOLL_CLOEXEC);
    if (!load.batch || !all || events < 0 || (latency && !load.latencies))
        fail("no memory, or no epoll");
    for (size_t k = 0; k < load.depth; ++k)
        memcpy(load.batch + k * load.request_size, request, load.request_size);

    for (size_t k = 0; k < connections; ++k) {
        struct connection* const c = &all[k];
        c->tls = open_connection(context, address);
        if (load.response_size == 0)
            load.response_size = learn_response_size(c->tls, request, load.request_size);
        const int handle = SSL_get_fd(c->tls);
        struct epoll_event interest = {.events = EPOLLIN, .data.ptr = c};
        if (fcntl(handle, F_SETFL, O_NONBLOCK) != 0 ||
            epoll_ctl(events, EPOLL_CTL_ADD, handle, &interest) != 0)
            fail("cannot wait for the socket");
    }

    load.started = microseconds(CLOCK_MONOTONIC);
    load.cpu_started = microseconds(CLOCK_PROCESS_CPUTIME_ID);
    size_t busy = 0;
    while (busy < connections && send_batch(&all[busy], &load))
        ++busy;
    while (busy > 0) {
        struct epoll_event ready[64];
        const int count = epoll_wait(events, ready, sizeof ready / sizeof ready[0], -1);
        for (int k = 0; k < count; ++k) {
            struct connection* const c = ready[k].data.ptr;
            const bool was_busy = c->due > 0;
            if (!serve(c, &load) && was_busy)
                --busy;
        }
    }
    const double seconds = (load.stopped - load.started) / 1e6;
    printf("floor: %zu requests in %.3f s, %.0f requests/s, each response %zu bytes\n", requests, seconds,
           (double)requests / seconds, load.response_size);
    printf("requests_per_s %.1f\n", (double)requests / seconds);
    printf("cpu_us %.4f\n", (load.cpu_stopped - load.cpu_started) / (double)requests);
    if (latency) {
        qsort(load.latencies, load.batches, sizeof *load.latencies, compare);
        printf("p50_us %.2f\np99_us %.2f\n", load.latencies[(load.batches - 1) / 2],
               load.latencies[(load.batches - 1) * 99 / 100]);
        free(load.latencies);
    }

    for (size_t k = 0; k < connections; ++k) {
        const int handle = SSL_get_fd(all[k].tls);
        SSL_shutdown(all[k].tls);
        SSL_free(all[k].tls);
        close(handle);
    }
    close(events);
    free(all);
    free(load.batch);
    freeaddrinfo(address);
    SSL_CTX_free(context);
    return 0;
}
