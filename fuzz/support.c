/* A question, a clause and a model's sentence, one line each after the first (the clause is the
 * rest): whatever they are, the verdict comes and cites only what there is, and what is quoted,
 * prompted or shown is whole characters. */
#include "review/support.h"

#include "base/utf8.h"
#include "scenario/policy/evidence.h"
#include "scenario/policy/wording.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_of((const char *)data, size);
    struct str question, sentence;
    struct arena a = ARENA_INIT;
    struct passage p = { .id = 1 };
    struct passage_list l = { &p, 1 }, spoken;
    struct support s;

    if (size > 4096 || !utf8_valid(rest))
        return 0;
    question = str_cut(&rest, STR("\n"));
    sentence = str_cut(&rest, STR("\n"));
    p.title = STR("某市办法");
    p.document_number = p.issuing_body = p.clause = STR("");
    p.heading = question; /* a heading may be anything, column names too */
    p.text = rest;
    spoken = evidence_spoken(&a, &l);
    support_check(&a, support_ground(&a, &spoken, question), sentence, &s);
    if (s.state == SUPPORT_YES && s.citations[0] != 0)
        abort();
    p.heading = STR("");
    support_check(&a, support_ground(&a, &l, question), sentence, &s);
    if (s.state == SUPPORT_YES && s.cover <= 0)
        abort();
    if (!utf8_valid(wording_plain(sentence)) || !utf8_valid(evidence_quote(&a, &p, question)) ||
        !utf8_valid(evidence_prompt(&a, &l, question, 320)))
        abort();
    arena_release(&a);
    return 0;
}
