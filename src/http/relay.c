#include "base/alloc.h"
#include "http/server.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

struct relay_visit *relay_visit_make(int fd, const struct relay_guest *g)
{
    struct relay_visit *v = tb_zalloc(sizeof(*v));

    v->fd = fd;
    snprintf(v->address, sizeof(v->address), "%s", g->address);
    v->trusted = g->trusted;
    v->bytes = (struct buf)BUF_INIT(g->bytes.n + 1);
    buf_add(&v->bytes, g->bytes);
    return v;
}

void relay_visit_free(struct relay_visit *v)
{
    buf_release(&v->bytes);
    tb_free(v);
}

void connection_refuse(int fd)
{
    static const char full[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
                               "Retry-After: 2\r\nConnection: close\r\n\r\n";

    if (send(fd, full, sizeof(full) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
        shutdown(fd, SHUT_WR);
    close(fd);
}
