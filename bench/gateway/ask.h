/* What the load clients send: one question for the model "bench", with the headers given by
 * `--header 'Name: value'` (any number), to `--port` and `--path`. */
#ifndef BENCH_GATEWAY_ASK_H
#define BENCH_GATEWAY_ASK_H
#include "base/alloc.h"
#include "wire.h"

static inline int dial(int port)
{
    struct sockaddr_in a = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
        die("connect");
    no_delay(fd);
    return fd;
}

/* A whole request; label is the number by which the engine marks what it says. more: fields of the
 * body after the messages, beginning with a comma, or "". */
static inline struct buf request_make(int argc, char **argv, int label, const char *more)
{
    struct buf b = BUF_INIT(1 << 20), body = BUF_INIT(1 << 20);

    buf_addf(&body,
             "{\"model\":\"%s\",\"messages\":[{\"role\":\"system\",\"content\":\"你是明川市政务服"
             "务助手，只依据给出的材料回答。\"},{\"role\":\"user\",\"content\":\"%s #%d\"}]%s}",
             option(argc, argv, "--model", "bench"),
             option(argc, argv, "--text", "我妈八十二了，高龄津贴每个月能领多少钱，到哪里办？"),
             label, more);
    buf_addf(&b,
             "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nContent-Type: application/json\r\n"
             "Accept: */*\r\nContent-Length: %zu\r\n",
             option(argc, argv, "--path", "/v1/chat/completions"),
             option(argc, argv, "--port", "0"), body.n);
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], "--header") == 0)
            buf_addf(&b, "%s\r\n", argv[i + 1]);
    buf_addz(&b, "\r\n");
    buf_add(&b, buf_str(&body));
    buf_release(&body);
    return b;
}

static inline int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Sorts. 0 when there is none. */
static inline double percentile(double *v, size_t n, double p)
{
    if (!n)
        return 0;
    qsort(v, n, sizeof(*v), by_size);
    return v[(size_t)((double)(n - 1) * p)];
}

#endif
