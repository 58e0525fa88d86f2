#include "knowledge/clause.h"

#include "domain/talk.h"
#include "store/db.h"

void clause_json(struct json *j, int n, const struct passage *p)
{
    json_obj(j);
    json_kint(j, "n", n);
    json_kint(j, "passage", p->id);
    json_kint(j, "document", p->document_id);
    json_kint(j, "version", p->version_id);
    json_kstr(j, "title", p->title);
    json_kstr(j, "document_number", p->document_number);
    json_kstr(j, "issuing_body", p->issuing_body);
    json_kstr(j, "clause", p->clause);
    json_kstr(j, "heading", p->heading);
    json_kstr(j, "text", p->text);
    json_kint(j, "begin", p->begin);
    json_kint(j, "end", p->end);
    json_kstr(j, "validity", str_z(validity_name(p->validity)));
    json_kstr(j, "validity_title", str_z(validity_title(p->validity)));
    json_kday(j, "effective_from", p->effective_from);
    json_kday(j, "expires_on", p->expires_on);
    json_kday(j, "repealed_on", p->repealed_on);
    json_kreal(j, "score", p->score);
    json_end(j);
}

/* 1 or ① below （二）; the 2 of 12 is below nothing. */
static bool is_smaller_item(struct str rest, struct str whole)
{
    char last = whole.p[whole.n - 1];

    return str_starts(rest, STR("\xe2\x91")) || str_starts(rest, STR("\xe2\x92")) ||
           (rest.p[0] >= '1' && rest.p[0] <= '9' && !(last >= '0' && last <= '9'));
}

bool clause_within(struct str part, struct str whole)
{
    struct str rest = str_from(part, whole.n);

    if (!str_starts(part, whole) || whole.n == 0)
        return false;
    return rest.n == 0 || str_starts(rest, STR("第")) || str_starts(rest, STR("（")) ||
           str_starts(rest, STR("表")) || is_smaller_item(rest, whole);
}

static struct passage from_row(struct rows *r, int32_t day)
{
    struct passage p = {
        .id = rows_int(r, 0),
        .version_id = rows_int(r, 1),
        .clause = rows_str(r, 2),
        .heading = rows_str(r, 3),
        .text = rows_str(r, 4),
        .begin = rows_int(r, 5),
        .end = rows_int(r, 6),
        .document_id = rows_int(r, 7),
        .title = rows_str(r, 8),
        .document_number = rows_str(r, 9),
        .issuing_body = rows_str(r, 10),
        .effective_from = rows_day(r, 11),
        .expires_on = rows_day(r, 12),
        .repealed_on = rows_day(r, 13),
        .score = 1,
    };

    p.validity = validity_on(day, p.effective_from, p.expires_on, p.repealed_on);
    return p;
}

enum tb_code clause_find(struct talk *t, struct str document_number, struct str clause, int32_t day,
                         struct passage_list *out, struct tb_err *e)
{
    struct rows *r;
    bool more = true;
    size_t cap = 0;

    *out = (struct passage_list){ NULL, 0 };
    if (db_ask(
            t->db, &t->mem,
            SQL("SELECT p.id, p.version_id, p.clause, p.heading, p.text, p.begin_at, p.end_at, "
                "v.document_id, v.title, v.document_number, v.issuing_body, v.effective_from, "
                "v.expires_on, v.repealed_on FROM passage p JOIN version v ON v.id = p.version_id "
                "WHERE v.document_number = :number AND v.state = 'confirmed' "
                "ORDER BY v.number DESC, p.ordinal"),
            ARGS(db_text("number", document_number)), &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more) {
        struct passage p = from_row(r, day);

        if (p.validity != VALIDITY_IN_FORCE || !clause_within(p.clause, clause))
            continue;
        out->items = arena_grow(&t->mem, out->items, out->n, &cap, sizeof(p));
        out->items[out->n++] = p;
    }
    return e->code;
}
