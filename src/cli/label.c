/* `tongban label verify FILE`: what a file says of itself: is it marked as generated (GB
 * 45438-2025), is its text still the labelled one, whose watermark does it carry. */
#include "review/label.h"
#include "base/fs.h"
#include "base/json.h"
#include "cli/commands.h"
#include "extract/zip.h"

#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 64 << 20, KEY_MOST = 64 << 10 };

/* A DOCX, or any other package: its XML parts one after another. */
static enum tb_code unpack(struct arena *a, struct str bytes, struct str *out, struct tb_err *e)
{
    struct buf b = BUF_INIT((size_t)FILE_MAX * 2);
    struct zipped *z;

    if (zipped_open(a, bytes, &z, e))
        return e->code;
    for (size_t i = 0; i < zipped_count(z); i++) {
        struct str name = zipped_name(z, i), part;

        if (!str_ends(name, STR(".xml")))
            continue;
        if (zipped_read(z, i, FILE_MAX, &part, e)) {
            buf_release(&b);
            return e->code;
        }
        buf_add(&b, part);
        buf_addz(&b, "\n");
    }
    *out = arena_buf(a, &b);
    return TB_OK;
}

static enum tb_code read_file(struct arena *a, const char *path, struct str *out, struct tb_err *e)
{
    struct str bytes;

    if (fs_read(a, path, FILE_MAX, &bytes, e))
        return e->code;
    if (bytes.n > 4 && memcmp(bytes.p, "PK\x03\x04", 4) == 0)
        return unpack(a, bytes, out, e);
    *out = bytes;
    return TB_OK;
}

static const char *verdict(const struct label_report *r)
{
    if (!r->explicit_mark && !r->implicit)
        return r->watermark_copies ? "没有生成内容标识，有水印" : "没有生成内容标识";
    if (!r->implicit)
        return "只有显式标识，文件元数据里没有隐式标识";
    if (!r->explicit_mark)
        return "只有隐式标识，正文里没有显式标识";
    if (r->origin == LABEL_FOREIGN)
        return "标识的签名不成立：不是本系统出具的，或者标识被改动过";
    if (r->digest_known && !r->digest_right)
        return r->origin == LABEL_OURS ? "是本系统出具的，但正文与标识时不一样，被改动过"
                                       : "有标识，但正文与标识时不一样";
    if (r->origin == LABEL_OURS)
        return "是本系统出具的，标识齐全，正文与标识时一样";
    return r->origin == LABEL_UNCHECKED ? "标识齐全，正文与标识时一样；没有公钥，未核对是谁出具的"
                                        : "标识齐全，没有签名，不能证明是本系统出具的";
}

/* In order: no label at all on what says nothing, or all of it and the text as it was. */
static bool in_order(const struct label_report *r)
{
    return r->explicit_mark == r->implicit && (!r->digest_known || r->digest_right) &&
           r->origin != LABEL_FOREIGN && (!r->implicit || r->origin != LABEL_UNSIGNED) &&
           !r->broken_watermark;
}

static const char *const origins[] = { [LABEL_UNSIGNED] = "unsigned",
                                       [LABEL_UNCHECKED] = "unchecked",
                                       [LABEL_OURS] = "ours",
                                       [LABEL_FOREIGN] = "not_ours" };

static void print_json(const struct label_report *r)
{
    struct buf b = BUF_INIT(1 << 20);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_kstr(&j, "verdict", str_z(verdict(r)));
    json_kbool(&j, "ok", in_order(r));
    json_kbool(&j, "explicit", r->explicit_mark);
    json_key(&j, "implicit");
    if (r->implicit) {
        json_obj(&j);
        json_kstr(&j, "Label", r->aigc.label);
        json_kstr(&j, "ContentProducer", r->aigc.producer);
        json_kstr(&j, "ProduceID", r->aigc.produce_id);
        json_kstr(&j, "ReservedCode1", r->aigc.reserved1);
        json_kstr(&j, "ContentPropagator", r->aigc.propagator);
        json_kstr(&j, "PropagateID", r->aigc.propagate_id);
        json_kstr(&j, "ReservedCode2", r->aigc.reserved2);
        json_end(&j);
    } else {
        json_null(&j);
    }
    json_kstr(&j, "origin", str_z(origins[r->origin]));
    json_key(&j, "unchanged");
    if (r->digest_known)
        json_bool(&j, r->digest_right);
    else
        json_null(&j);
    json_kobj(&j, "watermark");
    json_kstr(&j, "says", r->watermark);
    json_kint(&j, "copies", r->watermark_copies);
    json_kbool(&j, "broken", r->broken_watermark);
    json_end(&j);
    json_end(&j);
    printf("%s\n", b.p);
    buf_release(&b);
}

static void print_text(const struct label_report *r)
{
    printf("%s\n", verdict(r));
    printf("显式标识：%s\n", r->explicit_mark ? "有" : "没有");
    if (r->implicit)
        printf("隐式标识：AIGC Label=%.*s，生成服务提供者 %.*s，内容编号 %.*s\n",
               STR_FMT(r->aigc.label), STR_FMT(r->aigc.producer), STR_FMT(r->aigc.produce_id));
    else
        printf("隐式标识：没有\n");
    if (r->digest_known)
        printf("正文：%s\n", r->digest_right ? "与标识时一样" : "与标识时不一样");
    if (r->watermark_copies)
        printf("水印：%.*s（%d 处）\n", STR_FMT(r->watermark), r->watermark_copies);
    else
        printf("水印：%s\n", r->broken_watermark ? "有残缺的，读不出来" : "没有");
}

static enum tb_code add_keys(struct arena *a, const char *path, struct sm2_keys *keys,
                             struct tb_err *e)
{
    struct sm2_keys more;
    struct str text;

    if (fs_read(a, path, KEY_MOST, &text, e) || sm2_read_all(text, &more, e))
        return e->code;
    for (size_t i = 0; i < more.n; i++)
        if (keys->n < SM2_KEYS_MAX)
            keys->v[keys->n++] = more.v[i];
        else
            sm2_free((struct sm2 *)(uintptr_t)more.v[i]);
    return TB_OK;
}

/* --key, else the public halves in the data directory, those of before a rotation too; else none.
 */
static enum tb_code public_keys(struct cli *c, const char *given, struct sm2_keys *keys,
                                struct tb_err *e)
{
    static const char *const names[] = { "keys/trail.pub.pem", "keys/trail.old.pem" };

    *keys = (struct sm2_keys){ .n = 0 };
    if (given)
        return add_keys(&c->mem, given, keys, e);
    for (size_t i = 0; i < 2; i++) {
        char *path = fs_join(&c->mem, c->data, names[i]);

        if (fs_exists(path) && add_keys(&c->mem, path, keys, e))
            return e->code;
    }
    return TB_OK;
}

static enum tb_code label_main(struct cli *c, struct tb_err *e)
{
    const char *given = cli_option(c, "--key");
    struct label_report r;
    struct sm2_keys keys;
    struct str text;

    if (cli_no_more_options(c, e))
        return e->code;
    if (c->argc != 2 || strcmp(c->argv[0], "verify") != 0)
        return tb_fail(e, TB_INVALID, "用法：tongban label verify 文件", "argc=%d", c->argc);
    if (read_file(&c->mem, c->argv[1], &text, e) || public_keys(c, given, &keys, e))
        return e->code;
    label_look(&c->mem, text, &keys, &r);
    sm2_keys_free(&keys);
    (c->json ? print_json : print_text)(&r);
    c->status = in_order(&r) ? 0 : 1;
    return TB_OK;
}

const struct cli_command cli_label = {
    "label",
    "查看文件里的生成内容标识和水印",
    "用法：tongban label verify 文件 [--key 公钥] [--json]\n"
    "\n"
    "  查看导出的文件（HTML、JSON、CSV、DOCX，或从中复制出来的文字）：有没有 GB 45438-2025\n"
    "  规定的显式标识和隐式标识，是不是本系统出具的（SM2 "
    "签名），正文是否与标识时一样，水印写的是谁\n"
    "  导出的。公钥用 --key 给出（keys/trail.pub.pem），不给时用数据目录里的。\n"
    "  是本系统出具的且正文没变，或者本来就不是生成内容：退出码 0；否则为 1。\n"
    "\n"
    "例：\n"
    "  tongban label verify 回答.docx\n"
    "  tongban label verify 回答.html --json",
    label_main,
};
