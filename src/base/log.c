#include "base/log.h"

#include "base/date.h"
#include "base/json.h"
#include "base/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static int out_fd = 2;
static enum log_level out_least = LOG_INFO;
static const char *const names[] = { "debug", "info", "warn", "error" };

void log_open(int fd, enum log_level least)
{
    out_fd = fd;
    out_least = least;
}

bool log_level_parse(struct str s, enum log_level *out)
{
    for (unsigned i = 0; i < 4; i++) {
        if (str_eqz(s, names[i])) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

void log_line(enum log_level level, const char *event, const char *fmt, ...)
{
    char msg[1536], ts[32];
    struct buf b = BUF_INIT(16 * 1024);
    struct json j = JSON_INIT(&b);
    va_list ap;

    if (level < out_least)
        return;
    va_start(ap, fmt);
    vsnprintf(msg, sizeof(msg), fmt, ap);
    va_end(ap);
    json_obj(&j);
    json_kstr(&j, "ts", time_text(world_now_ms(world_real()), ts));
    json_kstr(&j, "level", str_z(names[level]));
    json_kstr(&j, "event", str_z(event));
    json_kstr(&j, "msg", str_z(msg));
    json_end(&j);
    buf_addc(&b, '\n');
    if (write(out_fd, b.p, b.n) < 0) {
        /* nowhere left to complain to */
    }
    buf_release(&b);
}
