/* Any bytes as a file: text with structure whose offsets hold, or an error with a sentence. What
 * comes out goes on through the checks of the knowledge room, passages and label, as ingest does.
 */
#include "base/utf8.h"
#include "extract/read.h"
#include "knowledge/clean.h"
#include "knowledge/label.h"
#include "knowledge/validate.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void go_on(struct arena *a, const struct reading *r)
{
    struct buf json = BUF_INIT(64 << 20);
    struct tb_err e = TB_ERR_INIT;
    struct policy_text text;
    struct label label;

    extract_write(r, &json);
    assert(!json.over);
    assert(clean_read(a, buf_str(&json), &text, &e) == TB_OK);
    for (size_t i = 0; i < text.passage_n; i++) {
        const struct clean_passage *p = &text.passages[i];

        assert(p->begin < p->end && p->end <= text.plain.n);
        assert(utf8_valid(str_sub(text.plain, p->begin, p->end - p->begin)));
        assert(i == 0 || text.passages[i - 1].end <= p->begin);
    }
    label_read(a, &text, STR("文件.md"), &label);
    assert(label.title.n > 0 && utf8_valid(label.title) && utf8_valid(label.document_number));
    if (validate_text(a, &text, &label, &e))
        assert(e.say[0] != 0);
    buf_release(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct reading r;
    static bool warm;

    if (!warm)
        extract_warm_up();
    warm = true;
    if (extract_read(&a, str_of((const char *)data, size), &r, &e))
        assert(e.say[0] != 0 && utf8_valid(str_z(e.say)));
    else
        go_on(&a, &r);
    arena_release(&a);
    return 0;
}
