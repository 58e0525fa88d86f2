/* A view of bytes that somebody else owns: UTF-8 text unless a function says otherwise. Not
 * NUL-terminated unless made by arena_str/arena_printf. */
#ifndef BASE_STR_H
#define BASE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
    const char *p;
    size_t n;
};

#define STR(lit) ((struct str){ "" lit, sizeof(lit) - 1 }) /* literals only */
#define STR_NONE ((struct str){ NULL, 0 })
#define STR_FMT(s) (int)(s).n, (s).p ? (s).p : "" /* for "%.*s" */

/* View of a C string; NULL gives an empty one. Here, so that a literal's length is no work. */
static inline struct str str_z(const char *z)
{
    return (struct str){ z, z ? __builtin_strlen(z) : 0 };
}
static inline struct str str_of(const char *p, size_t n)
{
    return (struct str){ p, n };
}
enum { STR_I64 = 24 };
struct str str_from_i64(char space[STR_I64], int64_t v); /* a view into space, no NUL */
static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || __builtin_memcmp(a.p, b.p, a.n) == 0);
}
static inline bool str_eqz(struct str a, const char *z)
{
    size_t n = __builtin_strlen(z);

    return a.n == n && (n == 0 || __builtin_memcmp(a.p, z, n) == 0);
}
bool str_case_same(const char *a, const char *b, size_t n);
static inline bool str_case_eq(struct str a, struct str b) /* ASCII letters only */
{
    return a.n == b.n && str_case_same(a.p, b.p, a.n);
}
int str_cmp(struct str a, struct str b); /* bytewise order, shorter first on a tie */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
size_t str_find(struct str s, struct str what); /* byte offset, or SIZE_MAX */
size_t str_find_from(struct str s, struct str what, size_t from);
bool str_has(struct str s, struct str what);
/* s as a C string in out, cut to what fits; size > 0. */
static inline void str_put(char *out, size_t size, struct str s)
{
    size_t n = s.n < size ? s.n : size - 1;

    if (n)
        __builtin_memcpy(out, s.p, n);
    out[n] = 0;
}
static inline struct str str_sub(struct str s, size_t from, size_t n) /* clamped to s */
{
    from = from < s.n ? from : s.n;
    return (struct str){ s.p ? s.p + from : NULL, n < s.n - from ? n : s.n - from };
}
static inline struct str str_from(struct str s, size_t from)
{
    return str_sub(s, from, SIZE_MAX);
}
struct str str_trim(struct str s); /* ASCII white space and U+3000, U+00A0, BOM */
/* Cuts the part before sep off *rest and returns it; with no sep left returns all and sets *rest
 * empty with p == NULL, so `while (rest.p)` visits every part. */
struct str str_cut(struct str *rest, struct str sep);
bool str_i64(struct str s, int64_t *out); /* whole string, optional sign; false if not a number */
bool str_real(struct str s, double *out);
int hex_digit(char c); /* 0..15; -1 for what is none */
/* Eight bytes at a time, stable across runs: torn or changed bytes are noticed. Not for secrets. */
uint64_t str_sum(struct str s);
uint64_t str_hash(struct str s); /* FNV-1a based, stable across runs; not for secrets */

#endif
