/* Orders out of a file: CSV (read here) or XLSX (read by tongban-extract), a row each, with a
 * report row by row. Rows that make no order are told and left out; the rest is kept in one
 * transaction. The same file again makes no second order: a row is known by its number, or by what
 * it says. */
#include "base/csv_read.h"
#include "base/date.h"
#include "base/fs.h"
#include "base/utf8.h"
#include "crypto/sm3.h"
#include "extract/child.h"
#include "scenario/hotline/order.h"
#include "store/audit.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 16 * 1024 * 1024, ROWS_MAX = 2000, REPORT_MAX = 500 };

/* What columns are called in the files of hotlines, message boards and 12345 systems. */
static const struct {
    const char *field, *names[8];
} columns[] = {
    { "number", { "编号", "工单编号", "工单号", "留言编号", "诉求编号", "id", NULL } },
    { "title", { "标题", "主题", "留言主题", "诉求标题", "title", NULL } },
    { "text", { "内容", "诉求内容", "留言详情", "正文", "问题描述", "反映内容", "text", NULL } },
    { "wanted", { "诉求目的", "希望", "办理要求", "wanted", NULL } },
    { "happened", { "发生时间", "happened", NULL } },
    { "place", { "地点", "诉求地点", "发生地点", "地址", "事发地址", "place", NULL } },
    { "name", { "姓名", "诉求人", "联系人", "留言用户", "市民姓名", "name", NULL } },
    { "phone", { "电话", "联系电话", "手机", "手机号", "来电号码", "phone", NULL } },
    { "kind", { "类型", "诉求类型", "工单类型", "kind", NULL } },
    { "at", { "时间", "受理时间", "留言时间", "来电时间", "提交时间", "time", NULL } },
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

struct import {
    struct talk *t;
    struct json *j;
    int64_t at[COLUMNS]; /* column of each field; -1: the file has none */
    int64_t rows, added, again, refused, told;
};

static int64_t column_of(struct str head)
{
    for (int64_t i = 0; i < COLUMNS; i++)
        for (const char *const *n = columns[i].names; *n; n++)
            if (str_case_eq(str_trim(head), str_z(*n)))
                return i;
    return -1;
}

static enum tb_code read_head(struct import *im, const struct str *cells, size_t n,
                              struct tb_err *e)
{
    for (size_t i = 0; i < COLUMNS; i++)
        im->at[i] = -1;
    for (size_t i = 0; i < n; i++) {
        int64_t c = column_of(cells[i]);

        if (c >= 0 && im->at[c] < 0)
            im->at[c] = (int64_t)i;
    }
    if (im->at[2] < 0)
        return tb_fail(e, TB_INVALID,
                       "第一行里没有“内容”一列；请把诉求内容那一列的名称改成“内容”再导入",
                       "import without text column");
    return TB_OK;
}

static struct str cell(const struct import *im, const char *field, const struct str *cells,
                       size_t n)
{
    for (size_t i = 0; i < COLUMNS; i++)
        if (strcmp(columns[i].field, field) == 0 && im->at[i] >= 0 && (size_t)im->at[i] < n)
            return str_trim(cells[im->at[i]]);
    return STR("");
}

/* "2026-11-21 08:30", "2026/11/21", or a sheet's serial day; 0: not to be read. */
static int64_t time_of(struct str s)
{
    static const int64_t day_ms = 24LL * 3600 * 1000, zone_ms = 8LL * 3600 * 1000;
    char text[11];
    int32_t day;
    double serial;

    str_put(text, sizeof(text), s);
    for (char *c = text; *c; c++)
        if (*c == '/' || *c == '.')
            *c = '-';
    if (day_parse(str_z(text), &day))
        return day * day_ms - zone_ms;
    if (str_real(s, &serial) && serial > 20000 && serial < 80000)
        return (int64_t)((serial - 25569) * (double)day_ms) - zone_ms;
    return 0;
}

static void tell(struct import *im, int64_t row, const char *how, struct str what)
{
    if (im->told++ >= REPORT_MAX)
        return;
    json_obj(im->j);
    json_kint(im->j, "row", row);
    json_kstr(im->j, "result", str_z(how));
    json_kstr(im->j, "message", what);
    json_end(im->j);
}

static enum tb_code form_of(struct import *im, const struct str *cells, size_t n,
                            struct order_form *f, struct tb_err *e)
{
    struct str number = cell(im, "number", cells, n);
    char digest[SM3_HEX];

    *f = (struct order_form){ .title = cell(im, "title", cells, n),
                              .text = cell(im, "text", cells, n),
                              .wanted = cell(im, "wanted", cells, n),
                              .happened = cell(im, "happened", cells, n),
                              .place = cell(im, "place", cells, n),
                              .name = cell(im, "name", cells, n),
                              .phone = cell(im, "phone", cells, n),
                              .source = STR("import"),
                              .at = time_of(cell(im, "at", cells, n)) };
    if (!order_kind_parse(cell(im, "kind", cells, n), &f->kind))
        return tb_fail(e, TB_INVALID, "类型应为咨询、求助、投诉、举报或建议", "import kind");
    if (f->at > world_now_ms(im->t->world))
        return tb_fail(e, TB_INVALID, "时间在今天之后，请核对", "import time");
    sm3_hex(f->text, digest);
    f->key = number.n ? arena_printf(&im->t->mem, "import/%.*s", STR_FMT(number))
                      : arena_printf(&im->t->mem, "import/%s/%.*s", digest, STR_FMT(f->phone));
    order_form_fill(im->t, f);
    return order_form_check(im->t, f, false, e);
}

/* What is wrong with a row is told; only the database's failing ends the whole. */
static enum tb_code row(struct import *im, int64_t no, const struct str *cells, size_t n,
                        struct tb_err *e)
{
    struct tb_err why = TB_ERR_INIT;
    struct order_form f;
    struct work_order o;
    bool again;

    if (n == 0 || (n == 1 && cells[0].n == 0))
        return TB_OK;
    if (++im->rows > ROWS_MAX)
        return tb_fail(e, TB_TOO_LARGE,
                       "一次最多导入 2000 行，请拆成几个文件；这次没有导入任何一行", "import rows");
    if (form_of(im, cells, n, &f, &why)) {
        im->refused++;
        tell(im, no, "refused", str_z(why.say));
        return TB_OK;
    }
    if (order_form_keep(im->t, &f, &o, &again, e))
        return e->code;
    *(again ? &im->again : &im->added) += 1;
    tell(im, no, again ? "again" : "added", o.receipt);
    return TB_OK;
}

static enum tb_code from_csv(struct import *im, struct str bytes, struct tb_err *e)
{
    struct str text, cells[CSV_FIELDS_MAX];
    struct csv_reader r;
    size_t n;

    if (utf8_from_any(&im->t->mem, bytes, &text, e))
        return e->code;
    r = csv_reader(&im->t->mem, text);
    if (!csv_next(&r, cells, &n))
        return tb_fail(e, TB_INVALID, "文件是空的", "import empty");
    if (read_head(im, cells, n, e))
        return e->code;
    while (csv_next(&r, cells, &n))
        if (row(im, r.line, cells, n, e))
            return e->code;
    return TB_OK;
}

static enum tb_code from_xlsx(struct import *im, const char *path, struct tb_err *e)
{
    const struct json_value *v, *line;
    struct str cells[CSV_FIELDS_MAX], json;
    struct json_walk rows;
    int64_t no = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum tb_code c;

    if (fd < 0)
        return tb_fail(e, TB_STORE, "服务器暂时不能读文件，请稍后再试", "import open");
    c = extract_child(&im->t->mem, fd, &json, e);
    close(fd);
    if (c || json_read(&im->t->mem, json, &v, e))
        return e->code;
    if (!json_is_arr(json_get(v, "rows")))
        return tb_fail(e, TB_UNSUPPORTED, "这个文件不是表格；请导入 CSV 或 XLSX", "import kind");
    rows = json_walk(json_get(v, "rows"));
    while ((line = json_step(&rows))) {
        size_t n = 0;
        struct json_walk w = json_walk(line);

        for (const struct json_value *x; n < CSV_FIELDS_MAX && (x = json_step(&w));)
            cells[n++] = json_text(x);
        if (++no == 1 ? read_head(im, cells, n, e) : row(im, no, cells, n, e))
            return e->code;
    }
    return no ? TB_OK : tb_fail(e, TB_INVALID, "表格是空的", "import empty");
}

static enum tb_code whole_file(struct import *im, const struct upload *f, struct tb_err *e)
{
    struct str bytes;

    if (fs_read(&im->t->mem, f->path, FILE_MAX_BYTES, &bytes, e))
        return e->code;
    if (str_starts(bytes, STR("PK\x03\x04")) ? from_xlsx(im, f->path, e) : from_csv(im, bytes, e))
        return e->code;
    return audit_witness(im->t, "order.import", STR(""),
                         arena_printf(&im->t->mem, "rows=%lld added=%lld again=%lld refused=%lld",
                                      (long long)im->rows, (long long)im->added,
                                      (long long)im->again, (long long)im->refused),
                         e);
}

enum tb_code order_import(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    struct import im = { .t = t, .j = &r->json };
    struct str desk;

    if (q->file_count != 1)
        return tb_fail(e, TB_INVALID, "请一次选一个文件（CSV 或 XLSX）", "import files=%zu",
                       q->file_count);
    if (order_desk(t, &desk, e))
        return e->code;
    if (desk.n && !str_eq(desk, t->actor.department))
        return tb_fail(e, TB_FORBIDDEN, "诉求由热线坐席导入", "import: not the desk");
    json_obj(&r->json);
    json_karr(&r->json, "items");
    if (db_begin(t->db, e) || db_end(t->db, whole_file(&im, &q->files[0], e), e))
        return e->code;
    json_end(&r->json);
    json_kint(&r->json, "total", im.rows);
    json_kint(&r->json, "added", im.added);
    json_kint(&r->json, "again", im.again);
    json_kint(&r->json, "refused", im.refused);
    json_end(&r->json);
    return TB_OK;
}
