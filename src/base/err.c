#include "base/err.h"

#include "base/utf8.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Copies s cut at a whole character. */
static void put(char *to, size_t cap, struct str s)
{
    size_t n = utf8_floor(s, s.n < cap - 1 ? s.n : cap - 1);

    if (n)
        memcpy(to, s.p, n);
    to[n] = 0;
}

enum tb_code tb_fail(struct tb_err *e, enum tb_code code, const char *say, const char *log, ...)
{
    va_list ap;
    char line[sizeof(e->log)];

    assert(code != TB_OK);
    va_start(ap, log);
    vsnprintf(line, sizeof(line), log, ap);
    va_end(ap);
    return tb_fail_say(e, code, str_z(say), str_z(line));
}

enum tb_code tb_fail_say(struct tb_err *e, enum tb_code code, struct str say, struct str log)
{
    e->code = code;
    put(e->say, sizeof(e->say), say);
    put(e->log, sizeof(e->log), log);
    return code;
}

void tb_err_clear(struct tb_err *e)
{
    e->code = TB_OK;
    e->say[0] = e->log[0] = 0;
}

const char *tb_code_name(enum tb_code code)
{
    static const char *const names[TB_CODE_COUNT] = {
        [TB_OK] = "ok",
        [TB_INVALID] = "invalid",
        [TB_UNAUTHORISED] = "unauthorised",
        [TB_FORBIDDEN] = "forbidden",
        [TB_NOT_FOUND] = "not_found",
        [TB_CONFLICT] = "conflict",
        [TB_TOO_LARGE] = "too_large",
        [TB_UNSUPPORTED] = "unsupported",
        [TB_LIMITED] = "limited",
        [TB_CANCELLED] = "cancelled",
        [TB_TIMEOUT] = "timeout",
        [TB_UPSTREAM] = "upstream",
        [TB_BUSY] = "busy",
        [TB_STORE] = "store",
        [TB_CORRUPT] = "corrupt",
        [TB_INTERNAL] = "internal",
    };

    return code < TB_CODE_COUNT ? names[code] : "internal";
}
