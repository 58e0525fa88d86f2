#include "base/alloc.h"
#include "base/block.h"
#include "model/wire_int.h"

struct wire *wire_new(const struct wire_host *host, const struct world *world)
{
    struct wire *w = tb_zalloc(sizeof(*w));

    w->host = *host;
    w->world = world;
    w->scratch = tb_alloc(WIRE_READ_BYTES);
    curl_way_open(w);
    return w;
}

void wire_free(struct wire *w)
{
    if (!w)
        return;
    plain_way_close(w);
    curl_way_close(w);
    tb_free(w->by_fd);
    tb_free(w->scratch);
    tb_free(w);
}

int64_t wire_due_us(const struct wire *w)
{
    int64_t plain = plain_way_due_us(w);

    return w->over ? 0 : plain < w->due_us ? plain : w->due_us;
}

struct wire_call *wire_send(struct wire *w, const struct wire_ask *ask)
{
    struct wire_call *c = block_zalloc(sizeof(*c));

    c->wire = w;
    c->ask = *ask;
    if (!plain_way_send(c))
        curl_way_send(c);
    return c;
}

void wire_over(struct wire_call *c)
{
    c->next = c->wire->over;
    c->wire->over = c;
}

void wire_cancel(struct wire_call *c)
{
    struct wire_call **at = &c->wire->over;

    while (*at && *at != c)
        at = &(*at)->next;
    if (*at)
        *at = c->next;
    if (c->conn)
        plain_way_cancel(c);
    if (c->easy)
        curl_way_cancel(c);
    block_drop(c, sizeof(*c));
}

/* A call that is told may send the next one. */
static void tell_all(struct wire *w)
{
    while (w->over) {
        struct wire_call *c = w->over;

        w->over = c->next;
        c->ask.done(c->ask.self, &c->head, c->code, &c->err);
        block_drop(c, sizeof(*c));
    }
}

void wire_ready(struct wire *w, int fd, unsigned events)
{
    if (!plain_way_ready(w, fd, events))
        curl_way_ready(w, fd, events);
    tell_all(w);
}

void wire_tick(struct wire *w)
{
    plain_way_tick(w);
    curl_way_tick(w);
    tell_all(w);
}
