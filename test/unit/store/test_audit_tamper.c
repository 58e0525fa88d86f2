/* Ten thousand ways of bending the trail in the database, and ten thousand of bending an export:
 * all found. Whoever bends may write everything but has no private key; where it helps, all hashes
 * after the change are made right again. */
#include "base/fs.h"
#include "base/log.h"
#include "store/audit_export.h"
#include "store/audit_floor.h"
#include "store/audit_int.h"
#include "tb_store.h"
#include "tb_temp.h"

enum { ROWS = 24, TRIES = 10000 };

static struct keyring *keys;
static uint64_t dice = 20261122;

static uint32_t roll(uint32_t n) /* 0 … n-1, the same in every run (xorshift64*) */
{
    dice ^= dice >> 12;
    dice ^= dice << 25;
    dice ^= dice >> 27;
    return (uint32_t)((dice * 2685821657736338717ull) >> 33) % n;
}

static void begin(void)
{
    static struct arena forever;

    tb_store_begin();
    if (!keys)
        CHECK_INT(keyring_make(fs_join(&forever, tb_temp_dir(&forever), "keys"), world_real(),
                               &keys, &err),
                  TB_OK);
}

static void furnish(void)
{
    bool made;

    for (int i = 0; i < ROWS; i++) {
        struct audit_entry x = { .at = now.fixed_ms + i * 1000,
                                 .actor = i % 3 ? STR("li.wei") : STR("sun.li"),
                                 .role = STR("clerk"),
                                 .address = STR("10.0.0.9"),
                                 .verb = i % 2 ? STR("handoff.list") : STR("user.list"),
                                 .object = arena_printf(&mem, "Q20261121-%05d", i),
                                 .outcome = STR("ok"),
                                 .request_id = arena_printf(&mem, "r-%d", i),
                                 .detail = STR("ms=12") };

        CHECK_INT(audit_add(db, &x, &err), TB_OK);
        if (i == ROWS / 2 - 1)
            CHECK_INT(audit_sign(db, keys, &now, &made, &err), TB_OK);
    }
    CHECK_INT(audit_sign(db, keys, &now, &made, &err), TB_OK);
}

#define RUN(text, ...)                                                                             \
    do {                                                                                           \
        struct tb_err tb_e = TB_ERR_INIT;                                                          \
        CHECK_INT(db_run(db, SQL(text), __VA_ARGS__, &tb_e), TB_OK);                               \
    } while (0)

/* Rows and head as they would be had rows from `from` on been written like that. */
static void rehash(int64_t from)
{
    struct arena a = ARENA_INIT;
    struct audit_filter f = { .after = from - 2, .max = ROWS + 8 };
    struct audit_row *rows;
    char prev[65], hash[65];
    size_t n;

    snprintf(prev, sizeof(prev), "%s", audit_first_prev);
    CHECK_INT(audit_list(db, &a, &f, &rows, &n, &err), TB_OK);
    for (size_t i = 0; i < n; i++) {
        if (rows[i].id < from) {
            snprintf(prev, sizeof(prev), "%.*s", STR_FMT(rows[i].hash));
            continue;
        }
        rows[i].prev = str_z(prev);
        audit_hash(&rows[i], hash);
        RUN("UPDATE audit SET prev = :prev, hash = :hash WHERE id = :id",
            ARGS(db_text("prev", str_z(prev)), db_text("hash", str_z(hash)),
                 db_int("id", rows[i].id)));
        memcpy(prev, hash, sizeof(hash));
    }
    RUN("UPDATE audit_head SET last = (SELECT max(id) FROM audit), hash = :hash",
        ARGS(db_text("hash", str_z(prev))));
    arena_release(&a);
}

static void edit(int64_t id)
{
    const struct sql edits[] = {
        SQL("UPDATE audit SET actor = actor || 'x' WHERE id = :id"),
        SQL("UPDATE audit SET role = 'auditor' WHERE id = :id"),
        SQL("UPDATE audit SET address = '' WHERE id = :id"),
        SQL("UPDATE audit SET verb = 'policy.search' WHERE id = :id"),
        SQL("UPDATE audit SET object = 'Q' || id WHERE id = :id"),
        SQL("UPDATE audit SET outcome = 'forbidden' WHERE id = :id"),
        SQL("UPDATE audit SET request_id = substr(request_id, 2) WHERE id = :id"),
        SQL("UPDATE audit SET detail = detail || ' ' WHERE id = :id"),
        SQL("UPDATE audit SET object = request_id, request_id = object WHERE id = :id"),
    };
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(db_run(db, edits[roll(sizeof(edits) / sizeof(edits[0]))], ARGS(db_int("id", id)), &e),
              TB_OK);
}

static void delete_row(int64_t id)
{
    RUN("DELETE FROM audit WHERE id = :id", ARGS(db_int("id", id)));
    if (roll(2)) {
        RUN("UPDATE audit SET id = id - 1 + 1000 WHERE id > :id", ARGS(db_int("id", id)));
        RUN("UPDATE audit SET id = id - 1000 WHERE id > 1000", NO_ARGS);
    }
}

static void swap_rows(int64_t id)
{
    int64_t other = 1 + (id + roll(ROWS - 1)) % ROWS;

    if (other == id)
        other = id % ROWS + 1;
    RUN("UPDATE audit SET id = CASE id WHEN :a THEN 1000 + :b ELSE 1000 + :a END "
        "WHERE id IN (:a, :b)",
        ARGS(db_int("a", id), db_int("b", other)));
    RUN("UPDATE audit SET id = id - 1000 WHERE id > 1000", NO_ARGS);
}

/* All that is left is in order; only a checkpoint kept elsewhere knows that more was there. */
static void cut_tail(int64_t id)
{
    RUN("DELETE FROM audit WHERE id >= :id", ARGS(db_int("id", id)));
    RUN("DELETE FROM audit_checkpoint WHERE last >= :id", ARGS(db_int("id", id)));
    if (id == 1)
        RUN("DELETE FROM audit_head", NO_ARGS);
    else
        RUN("UPDATE audit_head SET last = :last, hash = (SELECT hash FROM audit WHERE id = :last)",
            ARGS(db_int("last", id - 1)));
}

/* The beginning cut off behind a floor that nobody signed. */
static void cut_head(int64_t id)
{
    RUN("INSERT INTO audit_floor(id, last, hash, signature, at) SELECT 1, a.id, a.hash, "
        "c.signature, c.at FROM audit a, audit_checkpoint c WHERE a.id = :id AND c.id = 1",
        ARGS(db_int("id", id)));
    RUN("DELETE FROM audit WHERE id <= :id", ARGS(db_int("id", id)));
}

static void turn_clock(int64_t id)
{
    RUN("UPDATE audit SET at = at + :by WHERE id >= :id AND id < :to",
        ARGS(db_int("by", roll(2) ? 1 + roll(1000000) : -1 - (int64_t)roll(1000000)),
             db_int("id", id), db_int("to", id + 1 + roll(5))));
}

static void forge_row(int64_t id)
{
    RUN("UPDATE audit SET id = id + 1001 WHERE id >= :id", ARGS(db_int("id", id)));
    RUN("UPDATE audit SET id = id - 1000 WHERE id > 1000", NO_ARGS);
    RUN("INSERT INTO audit SELECT :id, at, 'nobody', role, address, verb, object, outcome, "
        "request_id, detail, prev, hash FROM audit WHERE id = :from",
        ARGS(db_int("id", id), db_int("from", id == 1 ? 2 : id - 1)));
}

static void bend_checkpoint(void)
{
    const struct sql ways[] = {
        SQL("UPDATE audit_checkpoint SET at = at + 1 WHERE id = :id"),
        SQL("UPDATE audit_checkpoint SET last = last - 1 WHERE id = :id"),
        SQL("UPDATE audit_checkpoint SET signature = '00' || substr(signature, 3) WHERE id = :id"),
        SQL("UPDATE audit_checkpoint SET hash = '0' || substr(hash, 1, 63) WHERE id = :id"),
        SQL("DELETE FROM audit_checkpoint WHERE id = :id AND id = 1"),
    };
    int64_t id = 1 + roll(2);
    uint32_t way = roll(sizeof(ways) / sizeof(ways[0]));
    struct tb_err e = TB_ERR_INIT;

    if (way == 4)
        id = 1;
    CHECK_INT(db_run(db, ways[way], ARGS(db_int("id", id)), &e), TB_OK);
}

static void bend(uint32_t way, int64_t id)
{
    switch (way) {
    case 0:
        edit(id);
        break;
    case 1:
        delete_row(id);
        break;
    case 2:
        swap_rows(id);
        break;
    case 3:
        cut_tail(id);
        return;
    case 4:
        cut_head(id % (ROWS - 1) + 1);
        return;
    case 5:
        turn_clock(id);
        break;
    case 6:
        forge_row(id);
        break;
    case 7:
        bend_checkpoint();
        return;
    case 8:
        RUN("UPDATE audit_head SET last = last - 1", NO_ARGS);
        return;
    default:
        RUN("UPDATE audit_head SET hash = 'f' || substr(hash, 2)", NO_ARGS);
        return;
    }
    if (roll(2))
        rehash(1);
}

static void ten_thousand_ways_of_bending_the_chain_are_all_found(void)
{
    struct audit_checkpoint kept;
    struct audit_verdict v;
    int missed = 0;

    furnish();
    CHECK_INT(audit_signed(db, &mem, &kept, &err), TB_OK);
    CHECK_INT(audit_verify(db, keys, &kept, &now, &v, &err), TB_OK);
    CHECK(v.ok);
    log_open(-1, LOG_ERROR);
    for (int i = 0; i < TRIES; i++) {
        uint32_t way = roll(40) < 36 ? roll(7) : 7 + roll(3);
        int64_t id = 1 + roll(ROWS);
        struct tb_err e = TB_ERR_INIT;

        CHECK_INT(db_begin(db, &e), TB_OK);
        bend(way, id);
        CHECK_INT(audit_verify(db, keys, &kept, &now, &v, &e), TB_OK);
        if (v.ok && ++missed < 5)
            printf("# not found: way %u row %lld\n", way, (long long)id);
        e.code = TB_CANCELLED;
        CHECK_INT(db_end(db, TB_CANCELLED, &e), TB_CANCELLED);
    }
    CHECK_INT(missed, 0);
    CHECK_INT(audit_verify(db, keys, &kept, &now, &v, &err), TB_OK);
    CHECK(v.ok); /* each was rolled back */
}

static enum tb_code to_buf(void *self, struct str text, struct tb_err *e)
{
    (void)e;
    buf_add(self, text);
    return TB_OK;
}

static struct audit_exported export(struct buf *b, struct audit_filter f)
{
    struct audit_export_options o = {
        .filter = &f, .keys = keys, .world = &now, .put = to_buf, .self = b
    };
    struct audit_exported x;

    CHECK_INT(audit_export(db, &o, &x, &err), TB_OK);
    return x;
}

static struct audit_export_verdict check(const char *path, struct str bytes)
{
    struct sm2_keys trusted = keyring_trail_keys(keys);
    struct audit_export_verdict v;
    FILE *f = fopen(path, "wb");

    CHECK(f && fwrite(bytes.p, 1, bytes.n, f) == bytes.n);
    if (f)
        fclose(f);
    CHECK_INT(audit_export_check(path, &trusted, &v, &err), TB_OK);
    return v;
}

/* Line i of text with its end. */
static struct str line_at(struct str text, uint32_t i)
{
    size_t from = 0, to = 0;

    for (uint32_t n = 0; n <= i; n++) {
        from = to;
        to = str_find_from(text, STR("\n"), from);
        to = to == SIZE_MAX ? text.n : to + 1;
    }
    return str_sub(text, from, to - from);
}

static void bend_bytes(struct str whole, uint32_t lines, struct buf *out)
{
    struct str a = line_at(whole, roll(lines)), b = line_at(whole, roll(lines));
    size_t at = (size_t)(a.p - whole.p), byte = roll((uint32_t)whole.n);

    buf_reset(out);
    switch (roll(6)) {
    case 0: /* one byte another */
        buf_add(out, whole);
        out->p[byte] = (char)((unsigned char)out->p[byte] ^ (1 + roll(255)));
        break;
    case 1: /* a line gone */
        buf_add(out, str_sub(whole, 0, at));
        buf_add(out, str_from(whole, at + a.n));
        break;
    case 2: /* cut */
        buf_add(out, str_sub(whole, 0, byte));
        break;
    case 3: /* a line put twice, or elsewhere */
        buf_add(out, str_sub(whole, 0, at));
        buf_add(out, b);
        buf_add(out, str_from(whole, at));
        break;
    case 4: /* a byte too many */
        buf_add(out, str_sub(whole, 0, byte));
        buf_addc(out, (char)roll(256));
        buf_add(out, str_from(whole, byte));
        break;
    default: /* a byte less */
        buf_add(out, str_sub(whole, 0, byte));
        buf_add(out, str_from(whole, byte + 1));
    }
}

static void ten_thousand_ways_of_bending_an_export_are_all_found(void)
{
    struct buf whole = BUF_INIT(1 << 20), bent = BUF_INIT(1 << 20);
    char *path = fs_join(&mem, tb_temp_dir(&mem), "x.jsonl");
    struct audit_export_verdict v;
    uint32_t lines = 0;
    int missed = 0;

    furnish();
    export(&whole, (struct audit_filter){ 0 });
    for (size_t i = 0; i < whole.n; i++)
        lines += whole.p[i] == '\n';
    CHECK_INT(lines, ROWS + 3);
    v = check(path, buf_str(&whole));
    CHECK(v.chain.ok);
    CHECK_STR(str_z(v.chain.why), "");
    CHECK_INT(v.chain.rows, ROWS);
    CHECK_INT(v.chain.signed_to, ROWS);
    for (int i = 0; i < TRIES; i++) {
        bend_bytes(buf_str(&whole), lines, &bent);
        if (str_eq(buf_str(&bent), buf_str(&whole)))
            continue;
        v = check(path, buf_str(&bent));
        if (v.chain.ok && ++missed < 5)
            printf("# not found in try %d\n", i);
        CHECK(v.chain.ok || v.chain.why[0]);
    }
    CHECK_INT(missed, 0);
    buf_release(&whole);
    buf_release(&bent);
}

static void a_range_and_a_choice_of_rows_prove_themselves_too(void)
{
    struct buf b = BUF_INIT(1 << 20);
    char *path = fs_join(&mem, tb_temp_dir(&mem), "x.jsonl");
    struct audit_export_verdict v;
    struct audit_exported x;

    furnish();
    x = export(&b, (struct audit_filter){ .from = now.fixed_ms + 5000, .upto = 20 });
    CHECK(x.whole);
    CHECK_INT(x.first, 6);
    CHECK_INT(x.last, 20);
    v = check(path, buf_str(&b));
    CHECK(v.chain.ok);
    CHECK_INT(v.chain.signed_to, 12);
    buf_reset(&b);
    x = export(&b, (struct audit_filter){ .actor = STR("sun.li") });
    CHECK(!x.whole);
    CHECK_INT(x.rows, 8);
    v = check(path, buf_str(&b));
    CHECK(v.chain.ok);
    buf_reset(&b);
    x = export(&b, (struct audit_filter){ .actor = STR("nobody") });
    CHECK_INT(x.rows, 0);
    CHECK(check(path, buf_str(&b)).chain.ok);
    CHECK(!check(path, STR("")).chain.ok);
    buf_release(&b);
}

static void an_export_signed_by_somebody_else_is_not_ours(void)
{
    struct keyring *other = NULL, *own = keys;
    struct buf b = BUF_INIT(1 << 20);
    char *path = fs_join(&mem, tb_temp_dir(&mem), "x.jsonl");
    struct sm2_keys none = { .n = 0 };
    struct audit_export_verdict v;
    char mark[SM3_HEX];

    furnish();
    CHECK_INT(keyring_make(fs_join(&mem, tb_temp_dir(&mem), "keys"), world_real(), &other, &err),
              TB_OK);
    keys = other;
    RUN("DELETE FROM audit_checkpoint", NO_ARGS);
    export(&b, (struct audit_filter){ 0 });
    keys = own;
    CHECK(!check(path, buf_str(&b)).chain.ok);
    /* who has no key of ours sees whose it is */
    CHECK_INT(audit_export_check(path, &none, &v, &err), TB_OK);
    CHECK(v.chain.ok);
    audit_key_mark(keyring_trail(other), mark);
    CHECK_STR(str_z(v.mark), mark);
    keyring_free(other);
    buf_release(&b);
}

static void only_what_is_old_and_signed_is_archived_and_a_hold_stops_it(void)
{
    struct services at = { .keys = keys };
    struct talk t = { .world = &now, .db = db, .at = &at, .actor = { .role = ROLE_SYSTEM } };
    struct audit_verdict v;
    int64_t last;

    furnish();
    CHECK_INT(audit_prunable(db, &now, &last, &err), TB_OK);
    CHECK_INT(last, 0); /* young */
    CHECK_INT(audit_keep_days(&t, 30, &err), TB_INVALID);
    /* rows 1 … 15 are old then; the checkpoint at 12 signs that far */
    now.fixed_ms = 1795000000000 + (int64_t)AUDIT_KEEP_DAYS * 24 * 3600 * 1000 + 15000;
    CHECK_INT(audit_prunable(db, &now, &last, &err), TB_OK);
    CHECK_INT(last, 12);
    CHECK_INT(audit_hold(&t, true, STR("短"), &err), TB_INVALID);
    CHECK_INT(audit_hold(&t, true, STR("纪委调取，案件办结前保留"), &err), TB_OK);
    CHECK_INT(audit_prunable(db, &now, &last, &err), TB_CONFLICT);
    CHECK_INT(audit_prune(&t, 12, STR("x"), &err), TB_CONFLICT);
    CHECK_INT(audit_hold(&t, false, STR(""), &err), TB_OK);
    CHECK_INT(audit_prune(&t, 13, STR("x"), &err), TB_INVALID);
    CHECK_INT(audit_prune(&t, 12, STR("x"), &err), TB_OK);
    CHECK_INT(audit_verify(db, keys, NULL, &now, &v, &err), TB_OK);
    CHECK(v.ok);
    CHECK_INT(v.floor, 12);
    CHECK_INT(v.rows, ROWS - 12 + 3);
    RUN("UPDATE audit_floor SET at = at + 1", NO_ARGS);
    CHECK_INT(audit_verify(db, keys, NULL, &now, &v, &err), TB_OK);
    CHECK(!v.ok);
    arena_release(&t.mem);
}

static void a_clock_put_back_is_said_and_is_no_fault(void)
{
    struct audit_entry x = { .at = 1000, .actor = STR("a"), .verb = STR("user.list") };
    struct audit_verdict v;

    furnish();
    CHECK_INT(audit_add(db, &x, &err), TB_OK);
    CHECK_INT(audit_verify(db, keys, NULL, &now, &v, &err), TB_OK);
    CHECK(v.ok);
    CHECK_INT(v.clock_back, ROWS + 1);
}

static void what_an_older_key_signed_still_holds_after_a_rotation(void)
{
    char *dir = fs_join(&mem, tb_temp_dir(&mem), "keys");
    struct keyring *k = NULL, *own = keys;
    struct audit_verdict v;
    bool changed;

    CHECK_INT(keyring_make(dir, world_real(), &k, &err), TB_OK);
    keys = k;
    furnish();
    CHECK_INT(keyring_rotate(dir, world_real(), &err), TB_OK);
    CHECK_INT(keyring_refresh(k, &changed, &err), TB_OK);
    CHECK(changed);
    furnish(); /* twelve and twenty-four more, signed by the new one */
    CHECK_INT(audit_verify(db, k, NULL, &now, &v, &err), TB_OK);
    CHECK(v.ok);
    CHECK_STR(str_z(v.why), "");
    CHECK_INT(v.signed_to, 2 * ROWS);
    keys = own;
    keyring_free(k);
}

static const struct tb_test tests[] = {
    TEST(ten_thousand_ways_of_bending_the_chain_are_all_found),
    TEST(ten_thousand_ways_of_bending_an_export_are_all_found),
    TEST(a_range_and_a_choice_of_rows_prove_themselves_too),
    TEST(an_export_signed_by_somebody_else_is_not_ours),
    TEST(only_what_is_old_and_signed_is_archived_and_a_hold_stops_it),
    TEST(a_clock_put_back_is_said_and_is_no_fault),
    TEST(what_an_older_key_signed_still_holds_after_a_rotation),
};
STORE_TEST_MAIN(tests, begin)
