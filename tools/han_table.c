/* Run by the build: prints src/text/normal.c's tables from ICU's transliterators, so that no table
 * of somebody else's stands in the repository. han_simple: pairs traditional, simplified.
 * han_sound: a number per character from U+4E00, the same for characters that sound alike to
 * somebody who does not tell zh from z, n from l, f from h or -ng from -n. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

static UTransliterator *open_trans(const char *id)
{
    UErrorCode bad = U_ZERO_ERROR;
    UChar name[64];
    UTransliterator *t;

    u_uastrcpy(name, id);
    t = utrans_openU(name, -1, UTRANS_FORWARD, NULL, 0, NULL, &bad);
    if (U_FAILURE(bad)) {
        fprintf(stderr, "han_table: %s: %s\n", id, u_errorName(bad));
        exit(1);
    }
    return t;
}

static int32_t one(UTransliterator *t, UChar c, UChar out[32])
{
    UErrorCode bad = U_ZERO_ERROR;
    int32_t n = 1, limit = 1;

    out[0] = c;
    utrans_transUChars(t, out, &n, 32, 0, &limit, &bad);
    return U_FAILURE(bad) ? 0 : n;
}

static void print_simple(void)
{
    UTransliterator *t = open_trans("Traditional-Simplified");
    int n = 0;

    printf("static const uint16_t han_simple[][2] = {\n");
    for (UChar c = 0x3400; c < 0xA000; c++) {
        UChar out[32];

        if (one(t, c, out) == 1 && out[0] != c)
            printf("{0x%04X,0x%04X},%s", c, out[0], ++n % 8 ? "" : "\n");
    }
    printf("\n};\n");
    utrans_close(t);
}

static void cut(char *s, const char *what, const char *instead)
{
    size_t n = strlen(what);

    if (strncmp(s, what, n) == 0) {
        char rest[32];

        snprintf(rest, sizeof rest, "%s%s", instead, s + n);
        strcpy(s, rest);
    }
}

/* The syllable as careless or dialect speech has it. */
static void fold(char *s)
{
    size_t n = strlen(s);

    cut(s, "zh", "z");
    cut(s, "ch", "c");
    cut(s, "sh", "s");
    cut(s, "n", "l");
    cut(s, "f", "h");
    n = strlen(s);
    if (n > 2 && strcmp(s + n - 2, "ng") == 0 && s[n - 3] != 'o')
        s[n - 1] = 0;
}

static void print_sound(void)
{
    static char known[1024][32];
    UTransliterator *t = open_trans("Han-Latin; Latin-ASCII; Lower");
    int n = 0;

    printf("static const uint16_t han_sound[] = {\n");
    for (UChar c = 0x4E00; c < 0xA000; c++) {
        UChar out[32];
        char s[32] = "";
        int32_t len = one(t, c, out);
        int k = 0;

        for (int32_t i = 0; i < len && out[i] > ' ' && out[i] < 127; i++)
            s[i] = (char)out[i], s[i + 1] = 0;
        fold(s);
        while (k < n && strcmp(known[k], s) != 0)
            k++;
        if (k == n && n < 1023)
            snprintf(known[n++], sizeof known[0], "%s", s);
        printf("%d,%s", s[0] ? k + 1 : 0, (c & 15) == 15 ? "\n" : "");
    }
    printf("};\nstatic const char *const han_syllable[] = {\n"); /* from number 1 on, folded */
    for (int k = 0; k < n; k++)
        printf("\"%s\",%s", known[k], (k & 15) == 15 ? "\n" : "");
    printf("\n};\n");
    utrans_close(t);
}

int main(void)
{
    printf("/* Made by tools/han_table.c. */\n");
    print_simple();
    print_sound();
    return 0;
}
