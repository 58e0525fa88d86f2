#include "knowledge/embed.h"

#include "base/fs.h"
#include "knowledge/embed_net.h"
#include "knowledge/embed_ort.h"
#include "knowledge/embed_scan.h"
#include "knowledge/embed_words.h"

#include "tb_test.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

/* The tests of the real model say SKIP where its files have not been fetched. */
static struct embedder *open_model(const char *test)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct embedder *m = NULL;
    const char *cache = fs_cache_dir(&a);

    if (!embed_available(cache))
        printf("# SKIP %s: the embedding model has not been fetched\n", test);
    else
        CHECK_INT(embed_open(cache, 2, &m, &e), TB_OK);
    arena_release(&a);
    return m;
}

static double cosine(const struct embedding *a, const struct embedding *b)
{
    int32_t dot = 0;

    for (int i = 0; i < EMBED_DIM; i++)
        dot += a->v[i] * b->v[i];
    return (double)dot * (double)a->scale * (double)b->scale;
}

static void the_same_text_has_the_same_vector_whatever_stands_beside_it(void)
{
    struct embedder *m = open_model(__func__);
    struct str texts[] = { STR("年满八十周岁的老年人可以申领高龄津贴。"), STR("短"),
                           STR("申请人应当自收到通知之日起十五日内向市人力资源和社会保障局提出。"),
                           STR("年满八十周岁的老年人可以申领高龄津贴。") };
    struct embedding out[4], alone;
    struct tb_err e = TB_ERR_INIT;

    if (!m)
        return;
    CHECK_INT(embed_run(m, texts, 4, false, 0, out, &e), TB_OK);
    CHECK_INT(embed_run(m, &texts[0], 1, false, 0, &alone, &e), TB_OK);
    CHECK(!memcmp(out[0].v, out[3].v, EMBED_DIM));
    CHECK(!memcmp(out[0].v, alone.v, EMBED_DIM));
    CHECK(fabs(cosine(&out[0], &out[3]) - 1) < 0.01);
    CHECK(fabs(cosine(&out[1], &out[1]) - 1) < 0.01);
    CHECK(cosine(&out[0], &out[2]) < 0.95);
    embed_close(m);
}

static void a_lay_question_is_nearest_to_the_clause_that_answers_it(void)
{
    static const char *const passages[] = {
        "第五条　具有本市户籍、年满八十周岁的老年人，可以申领高龄津贴。",
        "第十二条　适龄儿童应当在户籍所在地的学区小学登记入学。",
        "第三条　申请公共租赁住房的家庭，人均住房建筑面积应当低于十五平方米。",
        "第八条　职工因工作原因受到事故伤害的，应当认定为工伤。",
        "第二十条　用人单位应当按时足额缴纳基本医疗保险费。",
    };
    static const char *const questions[] = { "我奶奶八十多了有什么补助能领吗", "孩子上小学去哪报名",
                                             "没房子住能不能申请政府的便宜租房",
                                             "上班的时候摔断了腿算不算工伤",
                                             "公司不给我交医保怎么办" };
    struct embedder *m = open_model(__func__);
    struct str p[5], q[5];
    struct embedding pv[5], qv[5];
    struct tb_err e = TB_ERR_INIT;

    if (!m)
        return;
    for (int i = 0; i < 5; i++) {
        p[i] = str_z(passages[i]);
        q[i] = str_z(questions[i]);
    }
    CHECK_INT(embed_run(m, p, 5, false, 0, pv, &e), TB_OK);
    CHECK_INT(embed_run(m, q, 5, true, 0, qv, &e), TB_OK);
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 5; j++)
            CHECK(i == j || cosine(&qv[i], &pv[i]) > cosine(&qv[i], &pv[j]));
    embed_close(m);
}

static void a_text_longer_than_the_model_reads_is_cut_and_still_embedded(void)
{
    struct embedder *m = open_model(__func__);
    struct buf b = BUF_INIT(1 << 20);
    struct embedding whole, shorter;
    struct tb_err e = TB_ERR_INIT;
    struct str s;

    if (!m)
        return;
    for (int i = 0; i < 2000; i++)
        buf_addz(&b, "市民可以到窗口办理。");
    s = buf_str(&b);
    CHECK_INT(embed_run(m, &s, 1, false, 0, &whole, &e), TB_OK);
    CHECK_INT(embed_run(m, &s, 1, false, 64, &shorter, &e), TB_OK);
    CHECK(cosine(&whole, &shorter) > 0.5);
    s = STR("\xff\xfe broken \xe4\xbd");
    CHECK_INT(embed_run(m, &s, 1, false, 0, &whole, &e), TB_OK);
    s = STR_NONE;
    CHECK_INT(embed_run(m, &s, 1, true, 0, &whole, &e), TB_OK);
    buf_release(&b);
    embed_close(m);
}

/* Token numbers of a few texts of very different length, one after another. */
static size_t some_ids(int32_t *ids, size_t *counts)
{
    static const size_t lengths[] = { 3, 40, 2, 128, 17, 511, 64, 33 };
    size_t n = 0;

    srand(3);
    for (size_t t = 0; t < 8; t++) {
        counts[t] = lengths[t];
        for (size_t i = 0; i < lengths[t]; i++)
            ids[n++] = i == 0 ? 101 : i + 1 == lengths[t] ? 102 : 670 + rand() % 7000;
    }
    return 8;
}

static double cosine_f(const float *a, const float *b)
{
    double ab = 0, aa = 0, bb = 0;

    for (int i = 0; i < EMBED_DIM; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return ab / sqrt(aa * bb);
}

static void our_own_layers_agree_with_onnx_runtime(void)
{
    static float ours[8 * EMBED_DIM], one[EMBED_DIM], other[8 * EMBED_DIM];
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    const char *cache = fs_cache_dir(&a);
    const char *model = fs_join(&a, cache, "models/bge-small-zh-v1.5-q/model.onnx");
    const char *library = fs_join(&a, cache, "deps/onnxruntime/libonnxruntime.so");
    struct embed_net *net = NULL;
    struct embed_ort *ort = NULL;
    int32_t ids[1024], *at = ids;
    int64_t wide[512];
    size_t counts[8], texts = some_ids(ids, counts);

    if (embed_gemm_best() == GEMM_NONE || !fs_exists(model) || !fs_exists(library)) {
        printf("# SKIP %s: no model or runtime, or no AVX-512 VNNI\n", __func__);
        arena_release(&a);
        return;
    }
    CHECK_INT(embed_net_open(model, &net, &e), TB_OK);
    CHECK_INT(
        embed_ort_open(fs_join(&a, cache, "deps/onnxruntime/libonnxruntime.so"), model, &ort, &e),
        TB_OK);
    if (net && ort) {
        embed_net_run(net, embed_gemm_best(), ids, counts, texts, ours);
        embed_net_run(net, GEMM_VNNI, ids, counts, texts, other);
        CHECK(!memcmp(ours, other, sizeof(ours))); /* every kind gives the same numbers */
    }
    for (size_t t = 0; net && ort && t < texts; at += counts[t++]) {
        for (size_t i = 0; i < counts[t]; i++)
            wide[i] = at[i];
        CHECK_INT(embed_ort_run(ort, wide, counts[t], other, EMBED_DIM, &e), TB_OK);
        CHECK(cosine_f(ours + t * EMBED_DIM, other) > 0.98);
        embed_net_run(net, embed_gemm_best(), at, &counts[t], 1, one);
        CHECK(!memcmp(ours + t * EMBED_DIM, one, sizeof(one))); /* no neighbour matters */
    }
    embed_net_close(net);
    embed_ort_close(ort);
    arena_release(&a);
}

static void a_model_of_another_shape_is_left_to_the_runtime(void)
{
    char path[] = "/tmp/tb_onnx_XXXXXX";
    struct embed_net *net = NULL;
    struct tb_err e = TB_ERR_INIT;
    int fd = mkstemp(path);

    CHECK(fd >= 0);
    if (fd >= 0)
        close(fd);
    CHECK_INT(fs_write(path, STR("\x3a\x05\x2a\x03\x42\x01x"), 0600, &e), TB_OK);
    CHECK_INT(embed_net_open(path, &net, &e), TB_UNSUPPORTED);
    tb_err_clear(&e);
    CHECK_INT(fs_write(path, STR("\x3a\x7f\x2a"), 0600, &e), TB_OK);
    if (embed_gemm_best() != GEMM_NONE)
        CHECK_INT(embed_net_open(path, &net, &e), TB_CORRUPT);
    unlink(path);
    CHECK(!net);
}

static void without_the_files_opening_says_so(void)
{
    struct embedder *m = NULL;
    struct tb_err e = TB_ERR_INIT;

    CHECK(!embed_available("/nonexistent"));
    CHECK_INT(embed_open("/nonexistent", 1, &m, &e), TB_NOT_FOUND);
    CHECK(!m && e.say[0]);
}

/* Small vocabularies, so that the rules can be seen. Numbers are lines, from 0. */
static struct embed_words *vocabulary(const char *text)
{
    struct embed_words *w = NULL;
    struct tb_err e = TB_ERR_INIT;
    char path[] = "/tmp/tb_vocab_XXXXXX";
    int fd = mkstemp(path);

    CHECK(fd >= 0);
    if (fd >= 0)
        close(fd);
    CHECK_INT(fs_write(path, str_z(text), 0600, &e), TB_OK);
    CHECK_INT(embed_words_open(path, &w, &e), TB_OK);
    unlink(path);
    return w;
}

static void check_ids(const struct embed_words *w, const char *text, const char *want)
{
    int32_t ids[16];
    struct buf b = BUF_INIT(256);
    size_t n = embed_words_cut(w, STR_NONE, str_z(text), ids, 16);

    for (size_t i = 0; i < n; i++)
        buf_addf(&b, i ? " %d" : "%d", ids[i]);
    CHECK_STR(buf_str(&b), want);
    buf_release(&b);
}

static void words_are_cut_as_bert_cuts_them(void)
{
    struct embed_words *w =
        vocabulary("[PAD]\n[UNK]\n[CLS]\n[SEP]\n社\n保\nca\n##fe\n##f\ncaf\n,\n，\n"
                   "12\n##3\n丰\n");

    if (!w)
        return;
    check_ids(w, "", "2 3");
    check_ids(w, "社保", "2 4 5 3");
    check_ids(w, "社 保\t,，", "2 4 5 10 11 3");
    check_ids(w, "café", "2 1 3");
    check_ids(w, "CAFF", "2 9 8 3");
    check_ids(w, "123社", "2 12 13 4 3");
    check_ids(w, "124", "2 1 3");
    check_ids(w, "龘丰", "2 1 14 3");
    check_ids(w, "社\x01\xe2\x80\x8b保", "2 4 5 3");
    check_ids(w, "社社社社社社社社社社社社社社社社社社", "2 4 4 4 4 4 4 4 4 4 4 4 4 4 4 3");
    embed_words_close(w);
}

static void every_kind_of_scan_gives_what_plain_arithmetic_gives(void)
{
    enum { N = 1001, K = 17 };
    static int8_t v[N * EMBED_DIM];
    static float scales[N];
    static uint8_t live[N];
    struct embedding q = { .scale = 0.01F };
    struct embed_hit want[K], got[K];
    size_t n;

    srand(7);
    for (size_t i = 0; i < sizeof(v); i++)
        v[i] = (int8_t)(rand() % 255 - 127);
    for (int i = 0; i < EMBED_DIM; i++)
        q.v[i] = (int8_t)(i % 3 ? 127 : -127);
    memset(v + 3 * EMBED_DIM, 127, EMBED_DIM);
    memset(v + 4 * EMBED_DIM, -127, EMBED_DIM);
    memcpy(v + 900 * EMBED_DIM, v + 5 * EMBED_DIM, EMBED_DIM);
    for (size_t i = 0; i < N; i++) {
        scales[i] = i == 900 ? scales[5] : (float)(rand() % 100 + 1) / 1000;
        live[i] = (uint8_t)(rand() % 4 != 0);
    }
    for (int masked = 0; masked < 2; masked++)
        for (int cpu = 0; cpu <= (int)embed_cpu_best(); cpu++) {
            n = embed_scan_by(EMBED_CPU_PLAIN, &q, v, scales, N, masked ? live : NULL, want, K);
            CHECK_INT(n, K);
            CHECK_INT(
                embed_scan_by((enum embed_cpu)cpu, &q, v, scales, N, masked ? live : NULL, got, K),
                K);
            CHECK(!memcmp(want, got, sizeof(want)));
            for (size_t i = 1; i < n; i++)
                CHECK(got[i - 1].score >= got[i].score);
            for (size_t i = 0; i < n && masked; i++)
                CHECK(live[got[i].i]);
        }
}

static void a_scan_finds_the_best_even_when_there_are_fewer_than_asked_for(void)
{
    int8_t v[3 * EMBED_DIM] = { 0 };
    float scales[3] = { 1.0F / 127, 1.0F / 127, 1.0F / 127 };
    const uint8_t none[3] = { 0 };
    struct embedding q = { .scale = 1.0F / 127 };
    struct embed_hit got[8];

    q.v[0] = 127;
    v[0] = 13;
    v[EMBED_DIM] = 127;
    v[2 * EMBED_DIM] = -127;
    CHECK_INT(embed_scan(&q, v, scales, 3, NULL, got, 8), 3);
    CHECK_INT(got[0].i, 1);
    CHECK(fabsf(got[0].score - 1) < 1e-5F);
    CHECK_INT(got[2].i, 2);
    CHECK(fabsf(got[2].score + 1) < 1e-5F);
    CHECK_INT(embed_scan(&q, v, scales, 3, none, got, 8), 0);
    CHECK_INT(embed_scan(&q, v, scales, 0, NULL, got, 8), 0);
    CHECK_INT(embed_scan(&q, v, scales, 3, NULL, got, 0), 0);
}

static const struct tb_test tests[] = {
    TEST(the_same_text_has_the_same_vector_whatever_stands_beside_it),
    TEST(a_lay_question_is_nearest_to_the_clause_that_answers_it),
    TEST(a_text_longer_than_the_model_reads_is_cut_and_still_embedded),
    TEST(our_own_layers_agree_with_onnx_runtime),
    TEST(a_model_of_another_shape_is_left_to_the_runtime),
    TEST(without_the_files_opening_says_so),
    TEST(words_are_cut_as_bert_cuts_them),
    TEST(every_kind_of_scan_gives_what_plain_arithmetic_gives),
    TEST(a_scan_finds_the_best_even_when_there_are_fewer_than_asked_for),
};
TEST_MAIN(tests)
