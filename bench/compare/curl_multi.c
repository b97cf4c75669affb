/* The same requests by libcurl's multi interface: as many easy handles as requests in flight, over HTTP/1.1
 * connections that are kept. libcurl does not pipeline any more, so a handle without a connection waits
 * inside of libcurl. Each body goes to a callback and must be the same; it is not parsed. The certificate is
 * not checked, as floor does not.
 *
 *   curl_multi URL CONNECTIONS DEPTH REQUESTS
 *
 * Exit status: 0 all answered, 1 something failed, 2 wrong usage. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct call {
    CURL* handle;
    size_t held;
    char body[1024];
};

static struct {
    size_t left; /* requests to start */
    size_t answered, body_size;
    char body[1024]; /* of the first response */
} load;

static void fail(const char* what, const char* why) {
    fprintf(stderr, "curl_multi: %s: %s\n", what, why);
    exit(1);
}

static size_t number(const char* text, size_t most) {
    char* end = NULL;
    const unsigned long value = strtoul(text, &end, 10);
    if (*text == '\0' || *end != '\0' || value == 0 || value > most) {
        fprintf(stderr, "curl_multi: '%s' is not a number from 1 to %zu\n", text, most);
        exit(2);
    }
    return value;
}

static size_t take_body(char* data, size_t one, size_t count, void* user) {
    struct call* const call = user;
    const size_t size = one * count;
    if (size > sizeof call->body - call->held)
        return 0; /* makes the transfer fail */
    memcpy(call->body + call->held, data, size);
    call->held += size;
    return size;
}

static void start(CURLM* multi, struct call* call) {
    call->held = 0;
    --load.left;
    const CURLMcode code = curl_multi_add_handle(multi, call->handle);
    if (code != CURLM_OK)
        fail("cannot start a request", curl_multi_strerror(code));
}

static void check(const struct call* call) {
    long status = 0;
    curl_easy_getinfo(call->handle, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200 || call->held == 0)
        fail("wrong response", "not a 200 with a body");
    if (load.answered++ == 0) {
        load.body_size = call->held;
        memcpy(load.body, call->body, call->held);
    }
    if (call->held != load.body_size || memcmp(call->body, load.body, load.body_size) != 0)
        fail("wrong response", "not the same body as the first");
}

/* Takes what has been answered and starts the next requests on the same handles. */
static void take_responses(CURLM* multi) {
    int more = 0;
    for (CURLMsg* message; (message = curl_multi_info_read(multi, &more)) != NULL;) {
        if (message->msg != CURLMSG_DONE)
            continue;
        const CURLcode outcome = message->data.result;
        CURL* const handle = message->easy_handle;
        if (outcome != CURLE_OK)
            fail("a request failed", curl_easy_strerror(outcome));
        char* own = NULL;
        curl_easy_getinfo(handle, CURLINFO_PRIVATE, &own);
        struct call* const call = (struct call*)(void*)own;
        check(call);
        curl_multi_remove_handle(multi, handle);
        if (load.left > 0)
            start(multi, call);
    }
}

static void prepare(struct call* call, const char* url) {
    call->handle = curl_easy_init();
    if (!call->handle)
        fail("no memory", "curl_easy_init");
    curl_easy_setopt(call->handle, CURLOPT_URL, url);
    curl_easy_setopt(call->handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(call->handle, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(call->handle, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(call->handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(call->handle, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(call->handle, CURLOPT_WRITEDATA, (void*)call);
    curl_easy_setopt(call->handle, CURLOPT_PRIVATE, (void*)call);
}

int main(int argc, char** argv) {
    static const char usage[] =
        "usage: curl_multi URL CONNECTIONS DEPTH REQUESTS\n"
        "       curl_multi --version\n";
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts(curl_version());
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    if (argc != 5) {
        fputs(usage, stderr);
        return 2;
    }
    const size_t connections = number(argv[2], 1000);
    const size_t requests = number(argv[4], 1000000000);
    size_t count = connections * number(argv[3], 256);
    if (count > requests)
        count = requests;
    load.left = requests;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        fail("libcurl", "does not start");
    CURLM* const multi = curl_multi_init();
    struct call* const calls = calloc(count, sizeof *calls);
    if (!multi || !calls)
        fail("no memory", "at the start");
    curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)connections);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)connections);
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);

    struct timespec started, ended;
    clock_gettime(CLOCK_MONOTONIC, &started);
    for (size_t k = 0; k < count; ++k) {
        prepare(&calls[k], argv[1]);
        start(multi, &calls[k]);
    }
    while (load.answered < requests) {
        int running = 0;
        CURLMcode code = curl_multi_perform(multi, &running);
        if (code == CURLM_OK) {
            take_responses(multi);
            if (load.answered < requests)
                code = curl_multi_poll(multi, NULL, 0, 1000, NULL);
        }
        if (code != CURLM_OK)
            fail("libcurl", curl_multi_strerror(code));
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    const double seconds =
        (double)(ended.tv_sec - started.tv_sec) + (double)(ended.tv_nsec - started.tv_nsec) / 1e9;
    printf("curl_multi: %zu requests in %.3f s, %.0f requests/s\n", requests, seconds,
           (double)requests / seconds);

    for (size_t k = 0; k < count; ++k)
        curl_easy_cleanup(calls[k].handle);
    curl_multi_cleanup(multi);
    curl_global_cleanup();
    free(calls);
    return 0;
}
