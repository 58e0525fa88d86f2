/* UTF-8 (RFC 3629: no overlong forms, no surrogates, up to U+10FFFF) and the encodings taken on
 * input. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

bool utf8_valid(struct str s);
bool utf8_printable(struct str s);    /* ASCII and nothing below a space or DEL: the quick look */
bool utf8_has_controls(struct str s); /* a byte below 0x20, or 0x7f */
/* Decodes the character at *at and moves *at past it. A broken byte gives U+FFFD and one step. */
uint32_t utf8_next(struct str s, size_t *at);
size_t utf8_put(char out[4], uint32_t cp); /* bytes written, 1..4 */
void utf8_add(struct buf *b, uint32_t cp);
size_t utf8_count(struct str s);                  /* characters */
size_t utf8_floor(struct str s, size_t n);        /* the largest k <= n that cuts no character */
struct str utf8_head(struct str s, size_t chars); /* the first `chars` characters */
/* Bytes of unknown encoding to UTF-8: BOMs, UTF-8, UTF-16 without BOM (what reads as Chinese), else
 * GB18030. TB_UNSUPPORTED when none fits. The result lives in a (or is s itself). */
enum tb_code utf8_from_any(struct arena *a, struct str bytes, struct str *out,
                           struct tb_err *e) MUST_USE;

#endif
