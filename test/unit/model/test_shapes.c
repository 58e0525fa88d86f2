/* How engines of different makes send what a model thought, what it said and what it used. Each
 * stream has the shape that its maker documents; every one is read whole and byte by byte. */
#include "model/pool.h"

#include "base/fs.h"

#include "fake_engine.h"
#include "tb_test.h"

struct heard {
    struct buf text, reasoning;
};

static enum tb_code hear_text(void *self, struct str delta, struct tb_err *e)
{
    (void)e;
    buf_add(&((struct heard *)self)->text, delta);
    return TB_OK;
}
static void hear_reasoning(void *self, struct str delta)
{
    buf_add(&((struct heard *)self)->reasoning, delta);
}

#define CHUNK(delta)                                                                               \
    "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1747000000,\"model\":"   \
    "\"m\",\"choices\":[{\"index\":0,\"delta\":" delta ",\"logprobs\":null,"                       \
    "\"finish_reason\":null}]}\n\n"
#define LAST(delta, reason, more)                                                                  \
    "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1747000000,\"model\":"   \
    "\"m\",\"choices\":[{\"index\":0,\"delta\":" delta ",\"finish_reason\":\"" reason "\"}]" more  \
    "}\n\n"
#define USAGE(fields)                                                                              \
    "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[],"     \
    "\"usage\":{" fields "}}\n\n"

static const struct shape {
    const char *what, *model, *engine, *stream; /* engine: more fields of models.yaml */
    const char *text, *reasoning;
    int prompt, cached, answer;
} shapes[] = {
    { "DeepSeek's own service, reasoner", "deepseek-reasoner", "    kind: deepseek\n",
      ": keep-alive\n\n" CHUNK(
          "{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"\"}")
          CHUNK("{\"content\":null,\"reasoning_content\":\"先查条款\"}")
              CHUNK("{\"content\":\"每月\",\"reasoning_content\":null}")
                  CHUNK("{\"content\":\"100元。\",\"reasoning_content\":null}") LAST(
                      "{\"content\":\"\",\"reasoning_content\":null}", "stop",
                      ",\"usage\":{\"prompt_tokens\":15,\"completion_tokens\":38,"
                      "\"total_tokens\":53,\"prompt_tokens_details\":{\"cached_tokens\":8},"
                      "\"completion_tokens_details\":{\"reasoning_tokens\":30},"
                      "\"prompt_cache_hit_tokens\":8,\"prompt_cache_miss_tokens\":7}") FAKE_DONE,
      "每月100元。", "先查条款", 15, 8, 38 },
    { "DeepSeek's own service, chat, older figures", "deepseek-chat", "    kind: deepseek\n",
      CHUNK("{\"role\":\"assistant\",\"content\":\"\"}") CHUNK("{\"content\":\"每月100元。\"}")
          LAST("{\"content\":\"\"}", "stop",
               ",\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":6,\"total_tokens\":26,"
               "\"prompt_cache_hit_tokens\":12,\"prompt_cache_miss_tokens\":8}") FAKE_DONE,
      "每月100元。", "", 20, 12, 6 },
    { "vLLM with a reasoning parser", "DeepSeek-R1-Distill-Qwen-32B", "    kind: vllm\n",
      CHUNK("{\"role\":\"assistant\",\"content\":\"\"}") CHUNK("{\"reasoning_content\":\"先查\"}")
          CHUNK("{\"reasoning_content\":\"条款\"}") CHUNK("{\"content\":\"\\n\\n每月\"}")
              CHUNK("{\"content\":\"100元。\"}")
                  LAST("{\"content\":\"\"}", "stop", ",\"stop_reason\":null")
                      USAGE("\"prompt_tokens\":40,\"total_tokens\":60,\"completion_tokens\":20,"
                            "\"prompt_tokens_details\":{\"cached_tokens\":32}") FAKE_DONE,
      "每月100元。", "先查条款", 40, 32, 20 },
    { "a later vLLM, which calls it reasoning", "deepseek-r1", "    kind: vllm\n",
      CHUNK("{\"role\":\"assistant\",\"content\":\"\"}") CHUNK("{\"reasoning\":\"先查条款\"}")
          CHUNK("{\"content\":\"每月100元。\"}") LAST("{}", "stop", "")
              USAGE("\"prompt_tokens\":40,\"total_tokens\":60,\"completion_tokens\":20,"
                    "\"prompt_tokens_details\":null") FAKE_DONE,
      "每月100元。", "先查条款", 40, 0, 20 },
    { "vLLM without a parser: the template opened the tag", "DeepSeek-R1-Distill-Qwen-32B",
      "    kind: vllm\n",
      CHUNK("{\"role\":\"assistant\",\"content\":\"\"}") CHUNK("{\"content\":\"先查\"}")
          CHUNK("{\"content\":\"条款\\n</thi\"}") CHUNK("{\"content\":\"nk>\\n\\n每月\"}")
              CHUNK("{\"content\":\"100元。\"}") LAST("{\"content\":\"\"}", "stop", "") USAGE(
                  "\"prompt_tokens\":40,\"total_tokens\":60,\"completion_tokens\":20") FAKE_DONE,
      "每月100元。", "先查条款\n", 40, 0, 20 },
    { "SGLang without a parser: the model opened the tag", "DeepSeek-R1", "    kind: sglang\n",
      CHUNK("{\"role\":\"assistant\",\"content\":\"<think>\",\"reasoning_content\":null,"
            "\"tool_calls\":null}") CHUNK("{\"role\":null,\"content\":\"\\n先查条款\\n\","
                                          "\"reasoning_content\":null,\"tool_calls\":null}")
          CHUNK("{\"content\":\"</think>\",\"reasoning_content\":null}")
              CHUNK("{\"content\":\"\\n\\n每月100元。\",\"reasoning_content\":null}")
                  LAST("{\"content\":null,\"reasoning_content\":null}", "stop",
                       ",\"matched_stop\":151645")
                      USAGE("\"prompt_tokens\":40,\"total_tokens\":60,\"completion_tokens\":20,"
                            "\"prompt_tokens_details\":null,\"reasoning_tokens\":9") FAKE_DONE,
      "每月100元。", "\n先查条款\n", 40, 0, 20 },
    { "MindIE: figures with the last word, an end called eos", "DeepSeek-R1", "    kind: mindie\n",
      CHUNK("{\"role\":\"assistant\",\"content\":\"<think>\\n先查条款\"}")
          CHUNK("{\"role\":\"assistant\",\"content\":\"</think>每月100\"}")
              LAST("{\"role\":\"assistant\",\"content\":\"元。\"}", "eos",
                   ",\"usage\":{\"prompt_tokens\":54,\"completion_tokens\":17,"
                   "\"total_tokens\":71}") FAKE_DONE,
      "每月100元。", "\n先查条款", 54, 0, 17 },
    { "llama-server: cached tokens among the timings", "qwen2.5-7b", "    kind: llama\n",
      CHUNK("{\"role\":\"assistant\",\"content\":null}") CHUNK("{\"content\":\"每月100元。\"}")
          LAST("{}", "stop", "") "data: {\"choices\":[],\"model\":\"m\",\"usage\":{"
                                 "\"completion_tokens\":7,\"prompt_tokens\":90,"
                                 "\"total_tokens\":97},\"timings\":{\"cache_n\":64,"
                                 "\"prompt_n\":26}}\n\n" FAKE_DONE,
      "每月100元。", "", 90, 64, 7 },
    { "Qwen3, thinking", "Qwen3-32B", "    kind: vllm\n",
      CHUNK("{\"role\":\"assistant\",\"content\":\"\"}") CHUNK("{\"content\":\"<think>\"}")
          CHUNK("{\"content\":\"\\n先查条款\\n\"}") CHUNK("{\"content\":\"</think>\"}")
              CHUNK("{\"content\":\"\\n\\n每月100元。\"}") LAST("{}", "stop", "") FAKE_DONE,
      "每月100元。", "\n先查条款\n", 0, 0, 0 },
    { "Qwen3, told not to think", "Qwen3-32B", "    kind: vllm\n",
      CHUNK("{\"role\":\"assistant\",\"content\":\"\"}")
          CHUNK("{\"content\":\"<think>\\n\\n</think>\\n\\n每月100元。\"}") LAST("{}", "stop", "")
              FAKE_DONE,
      "每月100元。", "\n\n", 0, 0, 0 },
    { "R1 that did not think, and no tag came", "DeepSeek-R1", "    kind: sglang\n",
      CHUNK("{\"role\":\"assistant\",\"content\":\"\"}") CHUNK("{\"content\":\"每月\"}")
          CHUNK("{\"content\":\"100元。\"}") LAST("{}", "stop", "") FAKE_DONE,
      "每月100元。", "每月100元。", 0, 0, 0 },
    { "R1 cut off in its thoughts", "DeepSeek-R1", "    kind: sglang\n",
      CHUNK("{\"role\":\"assistant\",\"content\":\"\"}") CHUNK("{\"content\":\"先查条款，再\"}")
          LAST("{}", "length", "") FAKE_DONE,
      "", "先查条款，再", 0, 0, 0 },
    { "R1's own file says it does not open the tag", "my-model", "    thinks_first: true\n",
      CHUNK("{\"content\":\"先查条款</think>每月100元。\"}") LAST("{}", "stop", "") FAKE_DONE,
      "每月100元。", "先查条款", 0, 0, 0 },
};

/* The profiles are those of the file that is shipped. */
static struct str profiles_of(struct arena *a)
{
    struct str all = STR_NONE;
    struct tb_err e = TB_ERR_INIT;
    size_t from, until;

    CHECK_INT(fs_read(a, "models.yaml", 1 << 20, &all, &e), TB_OK);
    from = str_find(all, STR("\nprofiles:\n"));
    until = str_find_from(all, STR("\n\n"), from + 1);
    CHECK(from != SIZE_MAX);
    return from == SIZE_MAX ? STR_NONE : str_sub(all, from + 1, until - from);
}

static struct pool *pool_of(const struct shape *s, const char *url, struct arena *a,
                            const char *path)
{
    struct pool_options o = { .cache_dir = "/nonexistent",
                              .world = &fake_world,
                              .models_yaml = path };
    struct pool *p = NULL;
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(fs_write(path,
                       arena_printf(a, "engines:\n  - name: 甲\n    url: %s\n    model: %s\n%s%.*s",
                                    url, s->model, s->engine, STR_FMT(profiles_of(a))),
                       0600, &e),
              TB_OK);
    CHECK_INT(pool_start(&o, &p, &e), TB_OK);
    if (!p)
        printf("# %s\n", e.say);
    return p;
}

static void ask_shape(const struct shape *s, enum fake_kind how)
{
    const struct fake_step script[] = { { FAKE_SEND, FAKE_OK, 0 },
                                        { how, s->stream, 0 },
                                        { FAKE_END, NULL, 0 } };
    const struct fake_step *const scripts[] = { script };
    struct model_message m[] = { { "user", STR("高龄津贴多少钱？") } };
    struct model_ask ask = { .task = "answer", .messages = m, .n = 1, .temperature = 0.1 };
    struct heard h = { BUF_INIT(65536), BUF_INIT(65536) };
    struct model_sink sink = { &h, hear_text, hear_reasoning };
    struct talk t = { .world = &fake_world };
    struct tb_err e = TB_ERR_INIT;
    struct model_result r;
    struct fake f;
    struct pool *p;
    char path[64];

    snprintf(path, sizeof(path), "/tmp/tb_shapes_%d.yaml", (int)getpid());
    fake_start(&f, scripts, 1);
    p = pool_of(s, f.url, &t.mem, path);
    printf("# %s\n", s->what);
    CHECK_INT(pool_ask(p, &t, &ask, &sink, &r, &e), TB_OK);
    CHECK_STR(buf_str(&h.text), s->text);
    CHECK_STR(buf_str(&h.reasoning), s->reasoning);
    CHECK_INT(r.prompt_tokens, s->prompt);
    CHECK_INT(r.cached_tokens, s->cached);
    CHECK_INT(r.answer_tokens, s->answer);
    pool_stop(p);
    fake_stop(&f);
    unlink(path);
    buf_release(&h.text);
    buf_release(&h.reasoning);
    arena_release(&t.mem);
}

static void every_make_of_engine_is_understood(void)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        ask_shape(&shapes[i], FAKE_SEND);
}

static void every_make_of_engine_is_understood_byte_by_byte(void)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        ask_shape(&shapes[i], FAKE_BYTES);
}

static void sent_to(const char *model, double temperature, const char *want, bool there)
{
    static const struct fake_step script[] = {
        { FAKE_SEND, FAKE_OK FAKE_DELTA("答") FAKE_FINISH("stop"), 0 }, { FAKE_END, NULL, 0 }
    };
    static const struct fake_step *const scripts[] = { script };
    const struct shape s = { .model = model, .engine = "" };
    struct model_message m[] = { { "user", STR("问") } };
    struct model_ask ask = { .task = "a", .messages = m, .n = 1, .temperature = temperature };
    struct heard h = { BUF_INIT(65536), BUF_INIT(65536) };
    struct model_sink sink = { &h, hear_text, hear_reasoning };
    struct talk t = { .world = &fake_world };
    struct tb_err e = TB_ERR_INIT;
    struct model_result r;
    struct pool *p;
    struct fake f;
    char path[64];

    snprintf(path, sizeof(path), "/tmp/tb_shapes_%d.yaml", (int)getpid());
    fake_start(&f, scripts, 1);
    p = pool_of(&s, f.url, &t.mem, path);
    CHECK_INT(pool_ask(p, &t, &ask, &sink, &r, &e), TB_OK);
    CHECK_INT(strstr(f.request, want) != NULL, there);
    pool_stop(p);
    fake_stop(&f);
    unlink(path);
    buf_release(&h.text);
    buf_release(&h.reasoning);
    arena_release(&t.mem);
}

static void the_makers_advice_counts_only_where_the_caller_is_silent(void)
{
    sent_to("DeepSeek-R1", -1, "\"temperature\":0.6,\"top_p\":0.95", true);
    sent_to("DeepSeek-R1", 0.2, "\"temperature\":0.2", true);
    sent_to("DeepSeek-R1", 0.2, "top_p", false);
    sent_to("DeepSeek-V3-0324", -1, "\"temperature\":0.3", true);
    sent_to("Qwen2.5-7B-Instruct", -1, "\"temperature\":0.7,\"top_p\":0.8", true);
    sent_to("nobody-knows-it", -1, "temperature", false);
}

static const struct tb_test tests[] = {
    TEST(every_make_of_engine_is_understood),
    TEST(every_make_of_engine_is_understood_byte_by_byte),
    TEST(the_makers_advice_counts_only_where_the_caller_is_silent),
};
TEST_MAIN(tests)
