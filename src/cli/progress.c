#include "cli/progress.h"

#include "base/world.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WIDTH = 24, EVERY_US = 100000, STEPS = 4 };

void progress_begin(struct progress *p, const struct cli *c, const char *label)
{
    *p = (struct progress){
        .label = label, .quiet = c->json, .terminal = isatty(STDERR_FILENO) == 1, .step = 0
    };
}

static void draw(struct progress *p, int64_t done, int64_t total)
{
    char bar[WIDTH + 1];
    int full = (int)(done * WIDTH / total);

    memset(bar, ' ', WIDTH);
    memset(bar, '#', (size_t)full);
    bar[WIDTH] = 0;
    fprintf(stderr, "\r\033[K  %s [%s] %lld/%lld", p->label, bar, (long long)done,
            (long long)total);
    fflush(stderr);
}

void progress_at(struct progress *p, int64_t done, int64_t total)
{
    int64_t now = world_mono_us(world_real());
    int step;

    if (p->quiet || total <= 0 || done < 0 || done > total)
        return;
    step = (int)(done * STEPS / total);
    if (p->terminal) {
        if (done < total && now - p->drawn_us < EVERY_US)
            return;
        draw(p, done, total);
        p->drawn_us = now;
    } else if (step > p->step) {
        fprintf(stderr, "  %s %d%%\n", p->label, step * 100 / STEPS);
    }
    p->step = step;
}

void progress_end(struct progress *p, const char *what)
{
    if (!p->quiet)
        fprintf(stderr, "%s  %s：%s\n", p->terminal ? "\r\033[K" : "", p->label, what);
}
