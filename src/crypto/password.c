#include "crypto/password.h"

#include "base/utf8.h"
#include "crypto/token.h"

#include <argon2.h>
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMES = 2, MEMORY_KIB = 19 * 1024, LANES = 1, SALT = 16, HASH = 32, AT_ONCE = 2 };
enum { KEY_TIMES = 3, KEY_MEMORY_KIB = 64 * 1024 };
enum { SHORTEST = 10, LONGEST = 128, LONG_ENOUGH = 20, KINDS = 3, WORD_MAX = 64 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;
static int running;

static void take_turn(void)
{
    pthread_mutex_lock(&lock);
    while (running >= AT_ONCE)
        pthread_cond_wait(&freed, &lock);
    running++;
    pthread_mutex_unlock(&lock);
}

static void end_turn(void)
{
    pthread_mutex_lock(&lock);
    running--;
    pthread_cond_signal(&freed);
    pthread_mutex_unlock(&lock);
}

void password_hash(const struct world *w, struct str password, char out[PASSWORD_ENCODED])
{
    unsigned char salt[SALT];
    int rc;

    assert(password.n <= LONGEST * 4);
    world_random(w, salt, sizeof(salt));
    take_turn();
    rc = argon2id_hash_encoded(TIMES, MEMORY_KIB, LANES, password.p, password.n, salt, SALT, HASH,
                               out, PASSWORD_ENCODED);
    end_turn();
    if (rc != ARGON2_OK) {
        fprintf(stderr, "tongban: argon2: %s\n", argon2_error_message(rc));
        abort();
    }
}

bool password_matches(struct str password, const char *encoded)
{
    /* A hash nobody's password gives, so that an unknown login costs what a known one costs. */
    static const char nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$dG9uZ2Jhbi1ub2JvZHkhIQ"
                                 "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    int rc;

    if (password.n > LONGEST * 4)
        password = str_sub(password, 0, LONGEST * 4);
    if (!encoded || strncmp(encoded, "$argon2id$", 10) != 0)
        encoded = nobody;
    take_turn();
    rc = argon2id_verify(encoded, password.p ? password.p : "", password.n);
    end_turn();
    return rc == ARGON2_OK && encoded != nobody;
}

void password_key(struct str password, const unsigned char salt[16], unsigned char out[32])
{
    int rc;

    take_turn();
    rc = argon2id_hash_raw(KEY_TIMES, KEY_MEMORY_KIB, LANES, password.p ? password.p : "",
                           password.n, salt, 16, out, 32);
    end_turn();
    if (rc != ARGON2_OK) {
        fprintf(stderr, "tongban: argon2: %s\n", argon2_error_message(rc));
        abort();
    }
}

/* What lists of leaked passwords begin with, the vendors' defaults of this country's offices among
 * them; each stands for all its forms with figures and signs around it. */
static const char *const weak_words[] = {
    "password", "passwd",     "passw",     "pass",     "pwd",       "admin",      "administrator",
    "root",     "user",       "test",      "guest",    "login",     "welcome",    "hello",
    "qwerty",   "qwertyuiop", "qwert",     "qwer",     "qwe",       "asdfgh",     "asdfghjkl",
    "asdf",     "asd",        "zxcvbn",    "zxcvbnm",  "zxcv",      "zxc",        "qaz",
    "qazwsx",   "qazwsxedc",  "wsx",       "qweasd",   "qweasdzxc", "qaq",        "abc",
    "abcd",     "abcde",      "abcdef",    "abcdefg",  "abcdefgh",  "aaa",        "aaaa",
    "iloveyou", "woaini",     "woaiwojia", "letmein",  "monkey",    "dragon",     "master",
    "superman", "sunshine",   "princess",  "football", "baseball",  "shadow",     "michael",
    "secret",   "changeme",   "default",   "system",   "sys",       "oracle",     "mysql",
    "postgres", "sqlserver",  "sa",        "server",   "tomcat",    "weblogic",   "nginx",
    "redis",    "huawei",     "hikvision", "dahua",    "hcsr",      "sangfor",    "venustech",
    "topsec",   "nsfocus",    "hthx",      "inspur",   "lenovo",    "ruijie",     "tplink",
    "zte",      "cisco",      "gov",       "govcn",    "zwfw",      "zhengwu",    "zhengfu",
    "dangjian", "xinxi",      "zhongxin",  "bangong",  "mima",      "guanliyuan", "ceshi",
    "tongban",  "citizen",    "china",     "zhongguo", "beijing",   "shanghai",   "wang",
    "zhang",    "liu",        "chen",      "yang",     "love",      "happy",      "fuckyou",
    "computer", "internet",   "office",    "windows",  "microsoft", "google",     "baidu",
    "taobao",   "tencent",    "weixin",    "wechat",   "deepseek",  "qianwen",    "a",
    "aa",       "ab",         "q",         "qq",       "x",         "z",          "s",
    "w",        "as",         "zx",        "qw",       "aq",        "az",         "wo",
};

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool letter(char c)
{
    c = small(c);
    return c >= 'a' && c <= 'z';
}

/* Two letters beside a weak word of four and more do not make it strong either. */
static bool word_is_weak(const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; i < sizeof(weak_words) / sizeof(weak_words[0]); i++) {
        size_t k = strlen(weak_words[i]);

        if (k == n ? strcmp(word, weak_words[i]) == 0
                   : k >= 4 && n > k && n <= k + 2 && strstr(word, weak_words[i]))
            return true;
    }
    return false;
}

/* The letters of s, small; with `signs`, signs that stand for letters count as them (p@$$w0rd). */
static void core_of(struct str s, bool signs, char out[WORD_MAX])
{
    static const char from[] = "@4831!0$57+", to[] = "aabeiiosstt";
    size_t n = 0;

    for (size_t i = 0; i < s.n && n < WORD_MAX - 1; i++) {
        const char *at = signs ? strchr(from, s.p[i]) : NULL;

        if (letter(s.p[i]))
            out[n++] = small(s.p[i]);
        else if (at && *at)
            out[n++] = to[at - from];
    }
    out[n] = 0;
}

/* Figures and signs around a weak word do not make it strong. */
static bool dressed_up(struct str s)
{
    char word[WORD_MAX];

    while (s.n && !letter(s.p[0]) && s.p[0] != '@')
        s = str_from(s, 1);
    while (s.n && !letter(s.p[s.n - 1]))
        s.n--;
    core_of(s, true, word);
    if (word_is_weak(word))
        return true;
    core_of(s, false, word);
    return word[0] == 0 || word_is_weak(word);
}

/* The longest stretch of neighbours: the same again, next or previous in the alphabet, next on a
 * row of the keyboard. */
static size_t longest_run(struct str s)
{
    static const char rows[] = "qwertyuiop asdfghjkl zxcvbnm 1234567890 !@#$%^&*()";
    size_t best = 0, run = 1;

    for (size_t i = 1; i < s.n; i++) {
        char a = small(s.p[i - 1]), b = small(s.p[i]);
        const char *at = a == ' ' ? NULL : strchr(rows, a);
        int step = b - a;
        bool near =
            (step >= -1 && step <= 1) || (at && *at && (at[1] == b || (at > rows && at[-1] == b)));

        run = near ? run + 1 : 1;
        if (run > best)
            best = run;
    }
    return best;
}

/* One short piece over and over: abcabcabcabc, 1q1q1q1q1q. */
static bool repeats(struct str s)
{
    for (size_t period = 1; period <= 4 && period * 2 <= s.n; period++) {
        size_t i = period;

        while (i < s.n && small(s.p[i]) == small(s.p[i - period]))
            i++;
        if (i == s.n)
            return true;
    }
    return false;
}

/* Letters and figures each a run of their own, woven together: 1q2w3e4r5t. */
static bool woven(struct str s)
{
    char letters[WORD_MAX], figures[WORD_MAX];
    size_t n = 0, m = 0;

    for (size_t i = 0; i < s.n && i < WORD_MAX; i++) {
        if (letter(s.p[i]))
            letters[n++] = s.p[i];
        else if (s.p[i] >= '0' && s.p[i] <= '9')
            figures[m++] = s.p[i];
    }
    return n >= 4 && m >= 3 && longest_run(str_of(letters, n)) * 2 > n &&
           longest_run(str_of(figures, m)) * 2 > m;
}

bool password_weak(struct str password)
{
    if (utf8_count(password) != password.n)
        return false; /* with Chinese in it no list of the usual kind has it */
    return dressed_up(password) || repeats(password) || woven(password) ||
           longest_run(password) * 2 > password.n;
}

static int kinds_of(struct str s)
{
    bool capital = false, lower = false, figure = false, other = false;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        capital |= c >= 'A' && c <= 'Z';
        lower |= c >= 'a' && c <= 'z';
        figure |= c >= '0' && c <= '9';
        other |= !letter(c) && !(c >= '0' && c <= '9');
    }
    return capital + lower + figure + other;
}

static bool holds_word(struct str s, struct str word)
{
    for (size_t i = 0; i + word.n <= s.n; i++)
        if (str_case_eq(str_sub(s, i, word.n), word))
            return true;
    return false;
}

enum tb_code password_policy(struct str password, struct str login, struct tb_err *e)
{
    size_t chars = utf8_count(password);

    if (!utf8_valid(password) || (password.n && memchr(password.p, 0, password.n)))
        return tb_fail(e, TB_INVALID, "密码里有无法识别的字符", "password not utf-8");
    if (chars < SHORTEST || chars > LONGEST)
        return tb_fail(e, TB_INVALID, "密码应为 10 到 128 个字符", "chars=%zu", chars);
    if (chars < LONG_ENOUGH && kinds_of(password) < KINDS)
        return tb_fail(e, TB_INVALID,
                       "密码应包含大写字母、小写字母、数字、符号中的至少三种，或者不少于 20 个字符",
                       "kinds=%d", kinds_of(password));
    if (login.n >= 3 && holds_word(password, login))
        return tb_fail(e, TB_INVALID, "密码里不能包含登录名", "password holds login");
    if (password_weak(password))
        return tb_fail(e, TB_INVALID, "这个密码太常见，容易被猜到，请换一个", "weak password");
    return TB_OK;
}

void password_first(const struct world *w, char out[PASSWORD_FIRST])
{
    char code[13];

    do {
        token_code(w, code, 12);
        snprintf(out, PASSWORD_FIRST, "%.4s-%.4s-%.4s", code, code + 4, code + 8);
    } while (kinds_of(str_z(out)) < KINDS || password_weak(str_z(out)));
    explicit_bzero(code, sizeof(code));
}
