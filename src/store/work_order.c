#include "store/work_order.h"

#include "crypto/hex.h"
#include "crypto/seal.h"
#include "crypto/sm3.h"
#include "crypto/token.h"
#include "store/receipt.h"
#include "store/work_order_int.h"

enum { QUERY_CODE = 8, ASKER_KEY_BYTES = 16 };

/* Urgency first, then the day it is due; what has no promise yet counts from when it came. */
int64_t work_order_line(int64_t urgency, int64_t due_at, int64_t created_at)
{
    static const int64_t step = 10000000000000; /* ms until the year 2286 */

    return (ORDER_URGENCIES - 1 - urgency) * step + (due_at ? due_at : created_at);
}

/* A sealed value belongs to its receipt: it cannot be moved to another row. */
static struct str place_of(struct talk *t, const char *what, struct str receipt)
{
    return arena_printf(&t->mem, "work_order.%s/%.*s", what, STR_FMT(receipt));
}

static void seal(struct talk *t, const char *what, struct str receipt, struct str *value)
{
    if (value->n)
        *value = seal_make(t->at->keys, t->world, &t->mem, place_of(t, what, receipt), *value);
}

static enum tb_code put_row(struct talk *t, struct work_order *o, struct tb_err *e)
{
    return db_insert(
        t->db,
        SQL("INSERT INTO work_order(receipt, query_code, source, source_key, device, asker, "
            "asker_key, secret, title, text, wanted, happened, personal, division, district, "
            "street, community, place, x, y, class1, class2, class3, kind, urgency, due_at, line, "
            "votes, verdict, created_at, updated_at) VALUES (:receipt, :code, :source, "
            ":source_key, :device, :asker, :asker_key, :secret, :title, :text, :wanted, "
            ":happened, :personal, :division, :district, :street, :community, :place, :x, :y, "
            ":class1, :class2, :class3, :kind, :urgency, :due, :line, :votes, :verdict, :created, "
            ":now)"),
        ARGS(db_text("receipt", o->receipt), db_text("code", o->query_code),
             db_text("source", o->source),
             o->source_key.n ? db_text("source_key", o->source_key) : db_null("source_key"),
             db_text("device", o->device),
             o->asker.n ? db_blob("asker", o->asker) : db_null("asker"),
             db_text("asker_key", o->asker_key), db_int("secret", o->secret),
             db_text("title", o->title), db_text("text", o->text), db_text("wanted", o->wanted),
             db_text("happened", o->happened),
             o->personal.n ? db_blob("personal", o->personal) : db_null("personal"),
             db_text("division", o->division), db_text("district", o->district),
             db_text("street", o->street), db_text("community", o->community),
             db_text("place", o->place), o->x >= 0 ? db_int("x", o->x) : db_null("x"),
             o->y >= 0 ? db_int("y", o->y) : db_null("y"), db_text("class1", o->class1),
             db_text("class2", o->class2), db_text("class3", o->class3),
             db_text("kind", str_z(order_kind_name(o->kind))), db_int("urgency", o->urgency),
             db_int("due", o->due_at),
             db_int("line", work_order_line(o->urgency, o->due_at, o->created_at)),
             db_int("votes", o->votes), db_text("verdict", o->verdict),
             db_int("created", o->created_at), db_int("now", o->updated_at)),
        &o->id, e);
}

static enum tb_code insert(struct talk *t, struct work_order *o, struct tb_err *e)
{
    char code[QUERY_CODE + 1];

    if (receipt_new(t->db, &t->mem, t->world, 'W', &o->receipt, e))
        return e->code;
    token_code(t->world, code, QUERY_CODE);
    o->query_code = arena_str(&t->mem, str_z(code));
    o->updated_at = world_now_ms(t->world);
    if (o->created_at == 0)
        o->created_at = o->updated_at;
    o->version = 1;
    o->state = ORDER_INTAKE;
    o->helpers = STR("[]");
    seal(t, "asker", o->receipt, &o->asker);
    seal(t, "personal", o->receipt, &o->personal);
    if (put_row(t, o, e))
        return e->code;
    return work_order_step_add(t, o, "intake", STR(""), STR(""), STR(""), e);
}

static enum tb_code find_again(struct talk *t, struct work_order *o, bool *again, struct tb_err *e)
{
    int64_t id;

    *again = false;
    if (o->source_key.n == 0)
        return TB_OK;
    if (db_ask_int(t->db, SQL("SELECT id FROM work_order WHERE source_key = :key"),
                   ARGS(db_text("key", o->source_key)), &id, again, e))
        return e->code;
    return *again ? work_order_of_id(t, id, o, e) : TB_OK;
}

static enum tb_code add(struct talk *t, struct work_order *o, bool *again, struct tb_err *e)
{
    if (find_again(t, o, again, e))
        return e->code;
    return *again ? TB_OK : insert(t, o, e);
}

enum tb_code work_order_add(struct talk *t, struct work_order *o, bool *again, struct tb_err *e)
{
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, add(t, o, again, e), e);
}

#define WHOLE                                                                                      \
    "SELECT o.id, o.receipt, o.state, o.version, o.source, o.source_key, o.device, o.query_code, " \
    "o.asker, o.asker_key, o.secret, o.title, o.text, o.wanted, o.personal, o.happened, "          \
    "o.division, o.district, o.street, o.community, o.place, o.x, o.y, o.class1, o.class2, "       \
    "o.class3, o.kind, o.urgency, o.department_id, o.helpers, o.due_at, o.accept_by, "             \
    "o.supervised, o.escalated, o.reminded_at, o.merged_into, o.votes, o.verdict, o.reply, "       \
    "o.replied_by, o.satisfaction, o.satisfaction_reason, o.created_at, o.updated_at, "            \
    "o.answered_at, o.closed_at, d.name, m.receipt FROM work_order o "                             \
    "LEFT JOIN department d ON d.id = o.department_id "                                            \
    "LEFT JOIN work_order m ON m.id = o.merged_into "

static int64_t spot(struct rows *r, int col)
{
    return rows_null(r, col) ? -1 : rows_int(r, col);
}

static struct work_order from_row(struct rows *r)
{
    struct work_order o = {
        .id = rows_int(r, 0),
        .receipt = rows_str(r, 1),
        .version = rows_int(r, 3),
        .source = rows_str(r, 4),
        .source_key = rows_str(r, 5),
        .device = rows_str(r, 6),
        .query_code = rows_str(r, 7),
        .asker = rows_str(r, 8),
        .asker_key = rows_str(r, 9),
        .secret = rows_int(r, 10) != 0,
        .title = rows_str(r, 11),
        .text = rows_str(r, 12),
        .wanted = rows_str(r, 13),
        .personal = rows_str(r, 14),
        .happened = rows_str(r, 15),
        .division = rows_str(r, 16),
        .district = rows_str(r, 17),
        .street = rows_str(r, 18),
        .community = rows_str(r, 19),
        .place = rows_str(r, 20),
        .x = spot(r, 21),
        .y = spot(r, 22),
        .class1 = rows_str(r, 23),
        .class2 = rows_str(r, 24),
        .class3 = rows_str(r, 25),
        .urgency = rows_int(r, 27),
        .department = rows_str(r, 28),
        .helpers = rows_str(r, 29),
        .due_at = rows_int(r, 30),
        .accept_by = rows_int(r, 31),
        .supervised = rows_int(r, 32) != 0,
        .escalated = rows_int(r, 33),
        .reminded_at = rows_int(r, 34),
        .merged_into = rows_int(r, 35),
        .votes = rows_int(r, 36),
        .verdict = rows_str(r, 37),
        .reply = rows_str(r, 38),
        .replied_by = rows_str(r, 39),
        .satisfaction = rows_int(r, 40),
        .satisfaction_reason = rows_str(r, 41),
        .created_at = rows_int(r, 42),
        .updated_at = rows_int(r, 43),
        .answered_at = rows_int(r, 44),
        .closed_at = rows_int(r, 45),
        .department_name = rows_str(r, 46),
        .merged_into_receipt = rows_str(r, 47),
    };

    (void)order_state_parse(rows_str(r, 2), &o.state);
    (void)order_kind_parse(rows_str(r, 26), &o.kind);
    return o;
}

static enum tb_code first(struct rows *r, struct work_order *out, struct tb_err *e)
{
    bool more;

    if (rows_next(r, &more, e))
        return e->code;
    if (!more)
        return tb_fail(e, TB_NOT_FOUND, "没有找到这张工单，请核对编号", "work order receipt");
    *out = from_row(r);
    rows_close(r);
    return TB_OK;
}

enum tb_code work_order_read(struct talk *t, struct str receipt, struct work_order *out,
                             struct tb_err *e)
{
    struct rows *r;

    if (db_ask(t->db, &t->mem, SQL(WHOLE "WHERE o.receipt = :receipt"),
               ARGS(db_text("receipt", receipt)), &r, e))
        return e->code;
    return first(r, out, e);
}

enum tb_code work_order_of_id(struct talk *t, int64_t id, struct work_order *out, struct tb_err *e)
{
    struct rows *r;

    if (db_ask(t->db, &t->mem, SQL(WHOLE "WHERE o.id = :id"), ARGS(db_int("id", id)), &r, e))
        return e->code;
    return first(r, out, e);
}

static enum tb_code open_sealed(struct talk *t, const char *what, struct str receipt,
                                struct str sealed, struct str *out, struct tb_err *e)
{
    *out = STR("");
    if (sealed.n == 0)
        return TB_OK;
    return seal_open(t->at->keys, &t->mem, place_of(t, what, receipt), sealed, out, e);
}

enum tb_code work_order_asker(struct talk *t, const struct work_order *o, struct str *json,
                              struct tb_err *e)
{
    return open_sealed(t, "asker", o->receipt, o->asker, json, e);
}

enum tb_code work_order_personal(struct talk *t, const struct work_order *o, struct str *json,
                                 struct tb_err *e)
{
    return open_sealed(t, "personal", o->receipt, o->personal, json, e);
}

/* Eleven digits are soon tried through: only with the key does a digest say nothing. */
bool work_order_asker_key(struct talk *t, size_t age, struct str phone, struct str *out)
{
    unsigned char key[KEY_BYTES], mac[SM3_BYTES];
    char digits[32], hex[2 * ASKER_KEY_BYTES + 1];
    size_t n = 0;

    for (size_t i = 0; i < phone.n && n < sizeof(digits); i++)
        if (phone.p[i] >= '0' && phone.p[i] <= '9')
            digits[n++] = phone.p[i];
    if (n > 11 && digits[0] == '8' && digits[1] == '6') { /* +86 */
        n -= 2;
        __builtin_memmove(digits, digits + 2, n);
    }
    *out = STR("");
    if (n == 0)
        return age == 0;
    if (!keyring_key_of(t->at->keys, age, "work_order.asker", key))
        return false;
    sm3_hmac(str_of((const char *)key, sizeof(key)), str_of(digits, n), mac);
    hex_of(mac, ASKER_KEY_BYTES, hex);
    *out = arena_str(&t->mem, str_z(hex));
    return true;
}
