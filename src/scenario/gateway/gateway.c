#include "scenario/gateway/gateway.h"

#include "base/alloc.h"
#include "base/metrics.h"
#include "scenario/gateway/loop.h"

#include <unistd.h>

enum { LOOPS_MAX = 8, CONNECTIONS_MAX = 20000, PING_MS = 15000, BREAK_MS = 5000 };

static int loops_for(int wanted)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (wanted)
        return wanted < LOOPS_MAX ? wanted : LOOPS_MAX;
    return cores < 1 ? 1 : cores > LOOPS_MAX ? LOOPS_MAX : (int)cores;
}

enum tb_code gateway_start(const struct gateway_options *o, struct gateway **out, struct tb_err *e)
{
    struct gateway *g = tb_zalloc(sizeof(*g));
    int n = loops_for(o->loops);

    g->o = *o;
    g->o.connections_max = o->connections_max ? o->connections_max : CONNECTIONS_MAX;
    g->o.ping_ms = o->ping_ms ? o->ping_ms : PING_MS;
    g->o.proxies = o->proxies ? o->proxies : "";
    g->alike = o->cache && o->search ? alike_start(o->search) : NULL;
    g->loops = tb_zalloc(sizeof(*g->loops) * (size_t)n);
    for (; g->loop_n < n; g->loop_n++)
        if (loop_start(&g->loops[g->loop_n], g, e)) {
            g->loop_n++;
            gateway_drain(g, 0);
            gateway_free(g);
            return e->code;
        }
    *out = g;
    return TB_OK;
}

void gateway_server(struct gateway *g, struct server *s)
{
    g->server = s;
}

static void turn_away(int fd)
{
    connection_refuse(fd);
    metric_add("gateway_refused_total", "why=\"connections\"", 1);
}

static void take(void *self, int fd, const struct relay_guest *guest)
{
    struct gateway *g = self;

    if (atomic_load(&g->stopping) || atomic_fetch_add(&g->guests, 1) >= g->o.connections_max) {
        if (!atomic_load(&g->stopping))
            atomic_fetch_sub(&g->guests, 1);
        turn_away(fd);
        return;
    }
    loop_take(&g->loops[atomic_fetch_add(&g->turn, 1) % (unsigned)g->loop_n], fd, guest);
}

struct relay gateway_relay(struct gateway *g)
{
    return (struct relay){ g, take };
}

static void set_stage(struct gateway *g, int stage)
{
    atomic_store(&g->stopping, stage);
    for (int i = 0; i < g->loop_n; i++)
        loop_wake(&g->loops[i]);
}

/* Polls: stopping is rare, and what it waits for are answers of engines. */
static void wait_for_calls(const struct gateway *g, int64_t most_ms)
{
    int64_t until = world_mono_us(world_real()) + most_ms * 1000;

    while (atomic_load(&g->calls) && world_mono_us(world_real()) < until)
        usleep(2000);
}

void gateway_drain(struct gateway *g, int64_t drain_ms)
{
    if (!g)
        return;
    set_stage(g, 1);
    wait_for_calls(g, drain_ms);
    set_stage(g, 2);
    wait_for_calls(g, BREAK_MS);
    set_stage(g, 3);
    for (int i = 0; i < g->loop_n; i++)
        loop_stop(&g->loops[i]);
    alike_stop(g->alike);
    g->alike = NULL;
}

void gateway_free(struct gateway *g)
{
    if (!g)
        return;
    tb_free(g->loops);
    tb_free(g);
}
