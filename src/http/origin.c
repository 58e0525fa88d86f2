#include "http/origin.h"

#include "crypto/hex.h"

#include <string.h>

bool address_in_list(const char *list, struct str one)
{
    struct str rest = str_z(list);

    while (rest.p && rest.n) {
        struct str item = str_trim(str_cut(&rest, STR(",")));

        if (item.n && str_case_eq(item, one))
            return true;
    }
    return false;
}

struct str address_forwarded(const char *proxies, struct str field, struct str otherwise)
{
    size_t end = field.n;

    while (end > 0) {
        size_t i = end;
        struct str one;

        while (i > 0 && field.p[i - 1] != ',')
            i--;
        one = str_trim(str_sub(field, i, end - i));
        if (one.n && one.n < 46 && !address_in_list(proxies, one))
            return one;
        end = i > 0 ? i - 1 : 0;
    }
    return otherwise;
}

static bool is_request_id(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
              c == '-' || c == '_' || c == '.'))
            return false;
    }
    return s.n >= 8 && s.n < REQUEST_ID_MAX;
}

/* New ids begin with the time, so that an index over them grows at its end. */
void request_id_of(const struct world *w, struct str given, char out[REQUEST_ID_MAX])
{
    uint64_t now = (uint64_t)world_now_ms(w);
    unsigned char raw[12];

    if (is_request_id(given)) {
        memcpy(out, given.p, given.n);
        out[given.n] = 0;
        return;
    }
    world_random(w, raw, sizeof(raw));
    for (size_t i = 0; i < 5; i++)
        raw[i] = (unsigned char)(now >> (32 - 8 * i));
    hex_of(raw, sizeof(raw), out);
}
