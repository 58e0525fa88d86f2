#include "base/alloc.h"
#include "http/inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How many connections each address holds: open addressing, few entries, the loop's own. */
struct address_row {
    struct address_key key;
    int count; /* 0: free or left behind by one that went */
    bool used;
};
struct address_table {
    struct address_row *rows;
    size_t cap, used;
};

static struct address_key key_of(const char *address)
{
    struct address_key k = { { 0 } };

    if (inet_pton(AF_INET6, address, k.b) == 1)
        memset(k.b + 8, 0, 8); /* one household or office has a whole /64 */
    else
        inet_pton(AF_INET, address, k.b + 12);
    return k;
}

static struct address_row *find(struct address_table *t, const struct address_key *k)
{
    size_t i = (size_t)str_hash(str_of((const char *)k->b, sizeof(k->b))) & (t->cap - 1);

    while (t->rows[i].used && memcmp(&t->rows[i].key, k, sizeof(*k)) != 0)
        i = (i + 1) & (t->cap - 1);
    return &t->rows[i];
}

static void rebuild(struct address_table *t)
{
    struct address_row *old = t->rows;
    size_t n = t->cap, live = 0;

    for (size_t i = 0; i < n; i++)
        live += old[i].count > 0;
    while (t->cap < 64 || t->cap < live * 4)
        t->cap = t->cap ? t->cap * 2 : 64;
    t->rows = tb_zalloc(t->cap * sizeof(*t->rows));
    t->used = live;
    for (size_t i = 0; i < n; i++)
        if (old[i].count > 0)
            *find(t, &old[i].key) = old[i];
    tb_free(old);
}

struct address_table *address_table_make(void)
{
    struct address_table *t = tb_zalloc(sizeof(*t));

    rebuild(t);
    return t;
}

void address_table_free(struct address_table *t)
{
    if (t)
        tb_free(t->rows);
    tb_free(t);
}

bool address_take(struct address_table *t, const char *address, int most)
{
    struct address_key k = key_of(address);
    struct address_row *r;

    if (t->used * 2 >= t->cap)
        rebuild(t);
    r = find(t, &k);
    if (!r->used) {
        t->used++;
        *r = (struct address_row){ .key = k, .used = true };
    }
    if (r->count >= most)
        return false;
    r->count++;
    return true;
}

void address_give(struct address_table *t, const char *address)
{
    struct address_key k = key_of(address);
    struct address_row *r = find(t, &k);

    if (r->count > 0)
        r->count--;
}

static bool parse_listen(const char *listen, char *host, size_t cap, int *port)
{
    const char *colon = strrchr(listen, ':');
    size_t n = colon ? (size_t)(colon - listen) : 0;
    int64_t p;

    if (!colon || n == 0 || n >= cap || !str_i64(str_z(colon + 1), &p) || p < 0 || p > 65535)
        return false;
    if (listen[0] == '[' && listen[n - 1] == ']') {
        listen++;
        n -= 2;
    }
    memcpy(host, listen, n);
    host[n] = 0;
    *port = (int)p;
    return true;
}

union any_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool make_address(const char *host, int port, union any_address *a, socklen_t *n)
{
    memset(a, 0, sizeof(*a));
    if (strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    if (inet_pton(AF_INET6, host, &a->v6.sin6_addr) == 1) {
        a->v6.sin6_family = AF_INET6;
        a->v6.sin6_port = htons((uint16_t)port);
        *n = sizeof(a->v6);
        return true;
    }
    a->v4.sin_family = AF_INET;
    a->v4.sin_port = htons((uint16_t)port);
    *n = sizeof(a->v4);
    return inet_pton(AF_INET, host, &a->v4.sin_addr) == 1;
}

static int open_socket(union any_address *a, socklen_t n)
{
    int one = 1, fd;

    fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* inherited on accept */
    if (bind(fd, &a->any, n) || listen(fd, 1024)) {
        int why = errno;

        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

enum tb_code address_listen(const char *listen, int *fd, int *port, struct tb_err *e)
{
    union any_address a;
    socklen_t n;
    char host[64];

    if (!parse_listen(listen, host, sizeof(host), port) || !make_address(host, *port, &a, &n))
        return tb_fail(e, TB_INVALID, "监听地址应写作 127.0.0.1:8080 或 [::1]:8080", "listen=%s",
                       listen);
    *fd = open_socket(&a, n);
    if (*fd < 0 && errno == EADDRINUSE)
        return tb_fail(e, TB_CONFLICT, "端口已被占用：换一个 --listen 端口，或先停掉占用它的程序",
                       "listen=%s errno=%d", listen, errno);
    if (*fd < 0)
        return tb_fail(e, TB_STORE, "不能在这个地址上监听，请检查 --listen", "listen=%s errno=%d",
                       listen, errno);
    if (getsockname(*fd, &a.any, &n) == 0)
        *port = ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
    return TB_OK;
}
