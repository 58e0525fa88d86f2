/* When is a list of hits an answer? The shape of the list decides. */
#include "knowledge/confidence.h"

#include "tb_test.h"

enum { HITS = 40 };

/* A list such as the search gives: falling scores, three clauses of each document. */
static void usual(struct confidence_hit h[HITS])
{
    for (int i = 0; i < HITS; i++)
        h[i] = (struct confidence_hit){ .document = 1 + i / 3,
                                        .score = 100.0 - 0.8 * i,
                                        .cosine = 0.6 - 0.004 * i,
                                        .cover = 0.5 - 0.01 * i };
}

static double of(const struct confidence_hit *h, size_t n, bool embedded)
{
    struct arena a = ARENA_INIT;
    double c = confidence_of(&a, h, n, embedded);

    arena_release(&a);
    return c;
}

static void fewer_than_six_hits_say_nothing(void)
{
    struct confidence_hit h[HITS];

    usual(h);
    CHECK(of(NULL, 0, false) == 0);
    for (size_t n = 0; n < 6; n++) {
        CHECK(of(h, n, false) == 0);
        CHECK(of(h, n, true) == 0);
    }
    CHECK(of(h, 6, false) > 0);
    CHECK(of(h, 6, true) > 0);
}

static void it_lies_between_nought_and_one(void)
{
    static const double extremes[] = { 0, 1e-9, 1, 1e3, 1e6 };
    struct confidence_hit h[HITS];

    for (size_t k = 0; k < sizeof extremes / sizeof extremes[0]; k++)
        for (int embedded = 0; embedded < 2; embedded++) {
            usual(h);
            h[0].score = extremes[k] + h[1].score;
            h[0].cover = 1;
            CHECK(of(h, HITS, embedded) >= 0 && of(h, HITS, embedded) <= 1);
            for (int i = 0; i < HITS; i++)
                h[i] = (struct confidence_hit){ .document = 1, .score = extremes[k] };
            CHECK(of(h, HITS, embedded) >= 0 && of(h, HITS, embedded) <= 1);
        }
}

static void what_lies_beyond_the_sixtieth_hit_is_not_looked_at(void)
{
    struct confidence_hit h[CONFIDENCE_HITS + 20];
    double seen;

    for (int i = 0; i < CONFIDENCE_HITS + 20; i++)
        h[i] = (struct confidence_hit){ i, 90.0 - i, 0.5, 0.4 };
    seen = of(h, CONFIDENCE_HITS, true);
    for (int i = CONFIDENCE_HITS; i < CONFIDENCE_HITS + 20; i++)
        h[i] = (struct confidence_hit){ 1, 0, 0.99, 1 };
    CHECK(of(h, CONFIDENCE_HITS + 20, true) == seen);
}

/* More of the question's words in the best clause, or a meaning that is nearer than the rest's. */
static void what_speaks_for_the_best_raises_it(void)
{
    struct confidence_hit h[HITS];
    double before;

    usual(h);
    before = of(h, HITS, false);
    h[0].cover = 0.9;
    CHECK(of(h, HITS, false) > before);
    usual(h);
    before = of(h, HITS, true);
    h[0].cosine += 0.1;
    CHECK(of(h, HITS, true) > before);
}

static void hits_from_one_document_are_trusted_more_than_scattered_ones(void)
{
    struct confidence_hit one[HITS], many[HITS];

    usual(one);
    usual(many);
    for (int i = 0; i < 6; i++) {
        one[i].document = 1 + (i > 2);
        many[i].document = 100 + i;
    }
    CHECK(of(one, HITS, false) > of(many, HITS, false));
    CHECK(of(one, HITS, true) > of(many, HITS, true));
}

static void who_stands_out_by_words_is_trusted_more(void)
{
    struct confidence_hit h[HITS];
    double before;

    usual(h);
    before = of(h, HITS, false);
    for (int i = 5; i < HITS; i++)
        h[i].score -= 30;
    CHECK(of(h, HITS, false) > before);
}

static void without_embeddings_nearness_is_not_asked(void)
{
    struct confidence_hit h[HITS];
    double before;

    usual(h);
    before = of(h, HITS, false);
    h[0].cosine = 0.99;
    CHECK(of(h, HITS, false) == before);
}

static const struct tb_test tests[] = {
    TEST(fewer_than_six_hits_say_nothing),
    TEST(it_lies_between_nought_and_one),
    TEST(what_lies_beyond_the_sixtieth_hit_is_not_looked_at),
    TEST(what_speaks_for_the_best_raises_it),
    TEST(hits_from_one_document_are_trusted_more_than_scattered_ones),
    TEST(who_stands_out_by_words_is_trusted_more),
    TEST(without_embeddings_nearness_is_not_asked),
};
TEST_MAIN(tests)
