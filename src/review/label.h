/* 标识 (GB 45438-2025 人工智能生成合成内容标识方法, with the 标识办法 of 2025-09-01, art. 4, 5):
 * what a model wrote says so where people read it (explicit, clause 4) and in the data of the file
 * (implicit, clause 5: an AIGC object of seven fields). Only generated text is labelled; a clause's
 * own words and what a person wrote are not. */
#ifndef REVIEW_LABEL_H
#define REVIEW_LABEL_H
#include "base/arena.h"
#include "base/err.h"
#include "crypto/sm2.h"

struct aigc {            /* the implicit label, fields as the standard's metadata form names them */
    struct str label;    /* "1" generated, "2" perhaps, "3" suspected */
    struct str producer; /* ContentProducer: the provider of the service */
    struct str produce_id;   /* ProduceID: the producer's number of this content */
    struct str reserved1;    /* the producer's: label_sign, or "SM3:" and the digest of the text */
    struct str propagator;   /* ContentPropagator */
    struct str propagate_id; /* PropagateID */
    struct str reserved2;    /* the propagator's */
};

/* Explicit marks that stand around generated text, each on a line of its own. */
extern const struct str label_begin, label_end;

/* "SM3:…" of text as label_digest_of compares it: without white space, tags and watermarks. */
struct str label_digest(struct arena *a, struct str text);
/* "SM2:digest:signature": by the trail's key (crypto/keyring.h), over the fields above and the
 * digest of text, so that nobody without the key can make one. Anybody with the public half can
 * tell. */
struct str label_sign(struct arena *a, const struct sm2 *key, const struct aigc *x,
                      struct str text);
/* {"AIGC":{…}} */
struct str label_json(struct arena *a, const struct aigc *x);
/* Finds an AIGC object anywhere in text (JSON, or JSON with &quot; in an attribute or in XML). */
bool label_find(struct arena *a, struct str text, struct aigc *out);

enum label_origin {
    LABEL_UNSIGNED,  /* nothing proves whose it is */
    LABEL_UNCHECKED, /* signed; no public key was given */
    LABEL_OURS,
    LABEL_FOREIGN /* the signature does not hold: another's, or the label was changed */
};
struct label_report {
    bool explicit_mark, implicit;
    struct aigc aigc;
    bool digest_known, digest_right; /* of the text between the marks */
    enum label_origin origin;
    struct str watermark; /* whom it names; "" when there is none */
    int watermark_copies;
    bool broken_watermark; /* signs of one, none whole */
};
/* What text (a file's, unpacked) says of itself. keys: the public halves that may have signed it.
 */
void label_look(struct arena *a, struct str text, const struct sm2_keys *keys,
                struct label_report *out);

#endif
