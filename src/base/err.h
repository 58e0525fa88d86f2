/* An error carries three things: a code for the program, a Chinese sentence for the person (what
 * happened and what to do next), a line for the log. tb_fail is the only maker of a non-zero code.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H
#include "base/str.h"

enum tb_code {
    TB_OK = 0,
    TB_INVALID,      /* what was sent makes no sense: HTTP 400 */
    TB_UNAUTHORISED, /* who are you: 401 */
    TB_FORBIDDEN,    /* not allowed: 403 */
    TB_NOT_FOUND,    /* 404 */
    TB_CONFLICT,     /* 409 */
    TB_TOO_LARGE,    /* 413 */
    TB_UNSUPPORTED,  /* unknown kind of file or text: 415 */
    TB_LIMITED,      /* too many requests: 429 */
    TB_CANCELLED,    /* the person left: no reply */
    TB_TIMEOUT,      /* 504 */
    TB_UPSTREAM,     /* an engine failed: 502 */
    TB_BUSY,         /* database locked, queue full, shutting down: 503 with Retry-After */
    TB_STORE,        /* the database or disk failed: 503 */
    TB_CORRUPT,      /* stored data do not verify: 500 */
    TB_INTERNAL,     /* our bug: 500 */
    TB_CODE_COUNT
};

struct tb_err {
    enum tb_code code;
    char say[384]; /* for the person, Chinese, whole UTF-8 */
    char log[512]; /* for the log, key=value */
};

#define TB_ERR_INIT                                                                                \
    {                                                                                              \
        TB_OK, "", ""                                                                              \
    }
#define MUST_USE __attribute__((warn_unused_result))

enum tb_code tb_fail(struct tb_err *e, enum tb_code code, const char *say, const char *log, ...)
    __attribute__((format(printf, 4, 5)));
/* As tb_fail, the sentence being made at run time (a file name in it, say). */
enum tb_code tb_fail_say(struct tb_err *e, enum tb_code code, struct str say, struct str log);
void tb_err_clear(struct tb_err *e);
const char *tb_code_name(enum tb_code code); /* "invalid", "not_found" … as in the API */

#endif
