#include "crypto/totp.h"

#include "crypto/hex.h"
#include "crypto/sm3.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum { WINDOW = 1, SHA1_BYTES = 20 };

static size_t mac(enum totp_hash h, struct str key, const unsigned char counter[8],
                  unsigned char out[SM3_BYTES])
{
    unsigned n = SM3_BYTES;

    if (h == TOTP_SM3) {
        sm3_hmac(key, str_of((const char *)counter, 8), out);
        return SM3_BYTES;
    }
    if (!HMAC(EVP_sha1(), key.p, (int)key.n, counter, 8, out, &n))
        n = 0;
    assert(n == SHA1_BYTES);
    return n;
}

/* RFC 4226 5.3: four bytes from where the last half byte points to. */
void totp_code(enum totp_hash h, struct str secret, int64_t counter, int digits, char out[9])
{
    static const uint32_t power[] = { [6] = 1000000, [7] = 10000000, [8] = 100000000 };
    unsigned char m[SM3_BYTES], bytes[8];
    uint32_t v;
    size_t n, at;

    assert(digits >= 6 && digits <= 8);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)counter >> (56 - 8 * i));
    n = mac(h, secret, bytes, m);
    at = m[n - 1] & 15;
    v = (uint32_t)(m[at] & 0x7f) << 24 | (uint32_t)m[at + 1] << 16 | (uint32_t)m[at + 2] << 8 |
        m[at + 3];
    v %= power[digits];
    for (int i = digits; i-- > 0; v /= 10)
        out[i] = (char)('0' + v % 10);
    out[digits] = 0;
    explicit_bzero(m, sizeof(m));
}

bool totp_match(enum totp_hash h, struct str secret, int64_t now_ms, struct str code, int64_t after,
                int64_t *step)
{
    int64_t now = now_ms / 1000 / TOTP_STEP_S;
    char want[9];
    bool found = false;

    if (code.n != TOTP_DIGITS)
        return false;
    for (int64_t s = now - WINDOW; s <= now + WINDOW; s++) {
        totp_code(h, secret, s, TOTP_DIGITS, want);
        if (secret_eq(code, str_of(want, TOTP_DIGITS)) && s > after && !found) {
            *step = s;
            found = true;
        }
    }
    return found;
}

struct str totp_base32(struct arena *a, struct str bytes)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    char *out = arena_alloc(a, bytes.n * 8 / 5 + 2);
    uint32_t held = 0;
    size_t n = 0;
    int bits = 0;

    for (size_t i = 0; i < bytes.n; i++) {
        held = held << 8 | (unsigned char)bytes.p[i];
        for (bits += 8; bits >= 5; bits -= 5)
            out[n++] = alphabet[held >> (bits - 5) & 31];
    }
    if (bits)
        out[n++] = alphabet[held << (5 - bits) & 31];
    return str_of(out, n);
}

struct str totp_uri(struct arena *a, struct str issuer, struct str account, struct str secret)
{
    struct buf b = BUF_INIT(2048);

    buf_addz(&b, "otpauth://totp/");
    buf_add_percent(&b, issuer);
    buf_addc(&b, ':');
    buf_add_percent(&b, account);
    buf_addz(&b, "?secret=");
    buf_add(&b, totp_base32(a, secret));
    buf_addz(&b, "&issuer=");
    buf_add_percent(&b, issuer);
    return arena_buf(a, &b);
}
