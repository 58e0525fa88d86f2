/* The guard on a model's way in and out, for one call: personal data become tokens before the
 * engine sees them and are put back for the caller, across the cuts of a stream; forbidden content
 * ends the call; personal data that the engine made up are masked. What is held back of a stream is
 * bounded by GUARD_HOLD_MAX bytes and let go as soon as nothing can begin in it any more. */
#ifndef GUARD_SPEECH_H
#define GUARD_SPEECH_H
#include "base/buf.h"
#include "guard/mask.h"

struct forbid; /* the compiled table of forbidden words, rules/forbidden.yaml; immutable, shared */
enum { GUARD_HOLD_MAX = 256 };

struct speech { /* one call; one thread */
    struct arena *mem;
    const struct forbid *forbid; /* NULL: none */
    struct mask mask;            /* of this call: the same value, the same token */
};
/* Text on its way in (a message, a prompt, a tool result). Escapes of JSON hide nothing, in JSON a
 * bare number that is masked becomes a string. *out is `in` itself when nothing was masked.
 * TB_FORBIDDEN: *kind is the risk kind (GB/T 45654-2025) of what was found; TB_TOO_LARGE as
 * mask_text. */
enum tb_code speech_in(struct speech *s, struct str in, struct str *out, struct str *kind,
                       struct tb_err *e) MUST_USE;

struct speech_lane { /* one run of text on its way out: a choice's content, its reasoning, the
                      * arguments of one tool call. Zero-initialised; released with
                      * speech_lane_release */
    struct buf held;
    uint32_t at; /* what stands before it: enum in speech.c */
};
/* delta is whole UTF-8. Appends to *out what may be said now. end: nothing more comes, everything
 * held is judged and let go. in_json: the run is the inside of JSON text (tool arguments): what is
 * put back is escaped for a JSON string. TB_FORBIDDEN as above; *out then holds nothing of the
 * forbidden text. When nothing is held and nothing is found the cost is one pass over delta. */
enum tb_code speech_out(struct speech *s, struct speech_lane *l, struct str delta, bool end,
                        bool in_json, struct buf *out, struct str *kind, struct tb_err *e) MUST_USE;
void speech_lane_release(struct speech_lane *l);
#endif
