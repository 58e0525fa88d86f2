#include "guard/speech_view.h"

#include "base/alloc.h"
#include "base/utf8.h"

#include <string.h>

/* \uXXXX at `at`: its unit; -1: not one; -2: more may come. */
static int32_t unit_at(struct str s, size_t at)
{
    int32_t v = 0;

    for (size_t i = 0; i < 6; i++) {
        int d;

        if (at + i >= s.n)
            return -2;
        if (i < 2 && s.p[at + i] != (i ? 'u' : '\\'))
            return -1;
        d = i < 2 ? 0 : hex_digit(s.p[at + i]);
        if (d < 0)
            return -1;
        v = v * 16 + d;
    }
    return v;
}

/* What \c means; 0: nothing, the backslash stands for itself. */
static uint32_t short_escape(char c)
{
    if (c == '"' || c == '\\' || c == '/')
        return (unsigned char)c;
    return c && strchr("bfnrt", c) ? '\n' : 0;
}

/* The escape at *at; false: it is not whole yet. */
static bool escape(struct str s, size_t *at, uint32_t *c)
{
    int32_t v = unit_at(s, *at), low;

    if (v == -1 && *at + 1 < s.n) {
        *c = short_escape(s.p[*at + 1]);
        *at += *c ? 2 : 1;
        *c = *c ? *c : '\\';
        return true;
    }
    if (v < 0)
        return false;
    low = v >= 0xd800 && v < 0xdc00 ? unit_at(s, *at + 6) : -1;
    if (low == -2)
        return false;
    *at += 6;
    *c = (uint32_t)v;
    if (low >= 0xdc00 && low < 0xe000) {
        *c = 0x10000 + (((uint32_t)v - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
        *at += 6;
    } else if (v >= 0xd800 && v < 0xe000) {
        *c = 0xfffd;
    }
    return true;
}

/* One level of escapes less. */
static void unescape(struct speech_view *v)
{
    struct speech_view before = *v;
    struct str s = before.text;
    uint32_t *raw = tb_alloc((s.n + 1) * (sizeof(*raw) + 1));
    char *text = (char *)(raw + s.n + 1);
    size_t at = 0, n = 0;

    while (at < s.n) {
        size_t from = at, bytes = 1;
        uint32_t c;

        text[n] = s.p[at];
        if (s.p[at] != '\\')
            at++;
        else if (escape(s, &at, &c))
            bytes = utf8_put(text + n, c);
        else
            break;
        for (size_t i = 0; i < bytes; i++)
            raw[n++] = (uint32_t)speech_view_raw(&before, from);
    }
    raw[n] = (uint32_t)speech_view_raw(&before, at);
    *v = (struct speech_view){ str_of(text, n), raw, raw };
    speech_view_release(&before);
}

void speech_view_open(struct str raw, struct speech_view *v)
{
    *v = (struct speech_view){ raw, NULL, NULL };
    for (int level = 0; level < 2 && v->text.n && memchr(v->text.p, '\\', v->text.n); level++)
        unescape(v);
}

void speech_view_release(struct speech_view *v)
{
    tb_free(v->memory);
    v->memory = NULL;
}

bool speech_view_quoted(struct str raw, bool before)
{
    for (size_t i = 0; i < raw.n; i++) {
        if (raw.p[i] == '\\')
            i++;
        else if (raw.p[i] == '"')
            before = !before;
    }
    return before;
}
