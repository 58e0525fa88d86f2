#include "base/alloc.h"
#include "base/utf8.h"
#include "crypto/seal.h"
#include "store/books_int.h"

#include <stdatomic.h>
#include <string.h>

enum { SHORT_MAX = 200 };

struct fixed { /* all of one size: no holes */
    int64_t at, key_id, priority, outcome, status, stream, from_cache, tries, prompt, cached,
        answer, reasoning, estimated, cost, wait_us, first_us, total_us, overhead_us, masked,
        blocked, keeping, length[BOOKS_TEXTS];
};

static bool plain(struct str s)
{
    return utf8_printable(s) || (!utf8_has_controls(s) && utf8_valid(s));
}

/* What the store takes: whole characters, no control codes, not too long. */
static struct str clean(struct arena *a, struct str s)
{
    struct str short_ = str_sub(s, 0, s.n > SHORT_MAX ? utf8_floor(s, SHORT_MAX) : s.n);
    struct buf b = BUF_INIT(SHORT_MAX * 3);
    size_t at = 0;

    if (plain(short_))
        return short_;
    while (at < short_.n) {
        uint32_t c = utf8_next(short_, &at);

        utf8_add(&b, c < 0x20 || c == 0x7f ? 0xfffd : c);
    }
    return arena_buf(a, &b);
}

struct str books_place(struct arena *a, const char *what, struct str request_id)
{
    return arena_printf(a, "model_call.%s/%.*s", what, STR_FMT(request_id));
}

static void texts_of(struct arena *a, const struct call_record *r,
                     const unsigned char key[KEY_BYTES], const struct world *w,
                     struct str t[BOOKS_TEXTS])
{
    const struct str in[] = { r->request_id, r->trace_id,     r->key_name,     r->department,
                              r->address,    r->verb,         r->asked,        r->model,
                              r->engine,     r->blocked_kind, str_z(r->digest) };

    for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
        t[i] = clean(a, in[i]);
    t[11] = r->keeping == KEEPING_DIGEST ? STR("") : r->prompt;
    t[12] = r->keeping == KEEPING_DIGEST ? STR("") : r->answer;
    if (r->keeping != KEEPING_FULL)
        return;
    if (t[11].n)
        t[11] = seal_make_by(key, w, a, books_place(a, "prompt", t[0]), t[11]);
    if (t[12].n)
        t[12] = seal_make_by(key, w, a, books_place(a, "answer", t[0]), t[12]);
}

static struct fixed fixed_of(const struct call_record *r)
{
    return (struct fixed){ .at = r->at,
                           .key_id = r->key_id,
                           .priority = r->priority,
                           .outcome = r->outcome,
                           .status = r->status,
                           .stream = r->stream,
                           .from_cache = r->from_cache,
                           .tries = r->tries,
                           .prompt = r->usage.prompt,
                           .cached = r->usage.cached,
                           .answer = r->usage.answer,
                           .reasoning = r->usage.reasoning,
                           .estimated = r->usage.estimated,
                           .cost = r->cost,
                           .wait_us = r->wait_us,
                           .first_us = r->first_us,
                           .total_us = r->total_us,
                           .overhead_us = r->overhead_us,
                           .masked = r->masked,
                           .blocked = r->blocked,
                           .keeping = r->keeping };
}

_Static_assert(sizeof(struct fixed) <= sizeof(((struct books_form *)0)->fixed), "books_form");

void books_form_of(const struct call_record *r, const unsigned char key[KEY_BYTES],
                   const struct world *w, struct books_form *out)
{
    struct fixed f = fixed_of(r);

    out->mem = (struct arena)ARENA_INIT;
    out->n = sizeof(f);
    texts_of(&out->mem, r, key, w, out->texts);
    for (size_t i = 0; i < BOOKS_TEXTS; i++) {
        f.length[i] = (int64_t)out->texts[i].n;
        out->n += out->texts[i].n;
    }
    memcpy(out->fixed, &f, sizeof(f));
}

/* -- nodes: thousands a second, freed in order, so that one allocation serves many -- */

enum { PAGE_BYTES = 64 * 1024 - 64 };
struct books_page {
    _Atomic size_t users; /* its nodes, and the books while it is filled */
    size_t used, cap;
    _Alignas(8) char mem[];
};

void books_page_let_go(struct books_page *p)
{
    if (p && atomic_fetch_sub(&p->users, 1) == 1)
        tb_free(p);
}

static void *page_take(struct books_page **page, size_t n)
{
    struct books_page *p = *page;
    void *at;

    n = (n + 7) & ~(size_t)7;
    if (!p || n > p->cap - p->used) {
        books_page_let_go(p);
        p = tb_alloc(sizeof(*p) + (n > PAGE_BYTES ? n : PAGE_BYTES));
        atomic_init(&p->users, 1);
        p->used = 0;
        p->cap = n > PAGE_BYTES ? n : PAGE_BYTES;
        *page = p;
    }
    at = p->mem + p->used;
    p->used += n;
    atomic_fetch_add(&p->users, 1);
    return at;
}

struct books_node *books_node_of(const struct books_form *f, struct books_page **page)
{
    struct books_node *x = page_take(page, sizeof(*x) + f->n);
    char *to = x->bytes + sizeof(struct fixed);

    *x = (struct books_node){ .page = *page, .n = f->n };
    memcpy(x->bytes, f->fixed, sizeof(struct fixed));
    for (size_t i = 0; i < BOOKS_TEXTS; i++) {
        if (f->texts[i].n)
            memcpy(to, f->texts[i].p, f->texts[i].n);
        to += f->texts[i].n;
    }
    return x;
}

void books_node_free(struct books_node *x)
{
    if (x->page)
        books_page_let_go(x->page);
    else
        tb_free(x);
}

static bool makes_sense(struct str bytes)
{
    struct fixed f;
    size_t left = bytes.n - sizeof(f);

    if (bytes.n < sizeof(f))
        return false;
    memcpy(&f, bytes.p, sizeof(f));
    if (f.priority < 0 || f.priority >= PRIORITY_COUNT || f.keeping < 0 ||
        f.keeping >= KEEPING_COUNT || f.outcome < 0 || f.outcome >= TB_CODE_COUNT ||
        f.length[10] > 64)
        return false;
    for (size_t i = 0; i < BOOKS_TEXTS; i++) {
        if (f.length[i] < 0 || (uint64_t)f.length[i] > left)
            return false;
        left -= (size_t)f.length[i];
    }
    return left == 0;
}

struct books_node *books_node_read(uint64_t seq, struct str bytes)
{
    struct books_node *x;

    if (!makes_sense(bytes))
        return NULL;
    x = tb_alloc(sizeof(*x) + bytes.n);
    *x = (struct books_node){ .seq = seq, .n = bytes.n };
    memcpy(x->bytes, bytes.p, bytes.n);
    return x;
}

static void texts_view(const struct books_node *x, const struct fixed *f, struct str t[BOOKS_TEXTS])
{
    const char *at = x->bytes + sizeof(*f);

    for (size_t i = 0; i < BOOKS_TEXTS; i++) {
        t[i] = str_of(at, (size_t)f->length[i]);
        at += f->length[i];
    }
}

void books_node_view(const struct books_node *x, struct call_record *out)
{
    struct str t[BOOKS_TEXTS];
    struct fixed f;

    memcpy(&f, x->bytes, sizeof(f));
    texts_view(x, &f, t);
    *out = (struct call_record){
        .at = f.at,
        .request_id = t[0],
        .trace_id = t[1],
        .key_id = f.key_id,
        .key_name = t[2],
        .department = t[3],
        .address = t[4],
        .verb = t[5],
        .asked = t[6],
        .model = t[7],
        .engine = t[8],
        .priority = (enum priority)f.priority,
        .outcome = (enum tb_code)f.outcome,
        .status = (int)f.status,
        .stream = f.stream != 0,
        .from_cache = f.from_cache != 0,
        .tries = (int)f.tries,
        .usage = { f.prompt, f.cached, f.answer, f.reasoning, f.estimated != 0 },
        .cost = f.cost,
        .wait_us = f.wait_us,
        .first_us = f.first_us,
        .total_us = f.total_us,
        .overhead_us = f.overhead_us,
        .masked = (int)f.masked,
        .blocked = (int)f.blocked,
        .blocked_kind = t[9],
        .keeping = (enum keeping)f.keeping,
        .prompt = t[11],
        .answer = t[12],
    };
    memcpy(out->digest, t[10].p, t[10].n);
}
