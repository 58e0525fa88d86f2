/* Numbers that stand for a person or a body, by the check that their standard lays down. p is plain
 * capital letters and digits. */
#ifndef GUARD_NUMBER_H
#define GUARD_NUMBER_H
#include <stdbool.h>
#include <stddef.h>

bool number_is_digits(const char *p, size_t n);
int number_of(const char *p, size_t n); /* n <= 9 digits */
/* GB 11643-1999, 18 characters: a date that exists (1800 to 2099) and the check character by
 * ISO 7064 MOD 11-2. */
bool number_is_id(const char *p);
/* Shape of the same without the check: an area, a date. n is 18, or 15 for the form before 1999. */
bool number_like_id(const char *p, size_t n);
/* GB/T 15694.1: the Luhn sum of a card number is a multiple of ten. */
bool number_is_luhn(const char *p, size_t n);
/* Does it begin as a card that Chinese banks issue (GB/T 15694.1 issuer numbers: UnionPay 62 and
 * 81, Visa, Mastercard, JCB, American Express, the older ones of ICBC, ABC and CIB), in its length?
 */
bool number_is_card(const char *p, size_t n);
/* GB 32100-2015: 18 characters without I O S V Z, weights 3^i mod 31, check character. */
bool number_is_credit_code(const char *p);
/* A mobile number of the mainland, 11 digits (1[3-9]…). */
bool number_is_mobile(const char *p, size_t n);
/* How many of the digits are an area code (with its 0): 3, 4, or 0. */
size_t number_area_code(const char *p, size_t n);
/* Hong Kong identity card: one or two letters, six digits, check character; n is 8 or 9. */
bool number_is_hongkong_id(const char *p, size_t n);
/* Taiwan identity card: a letter, 1 or 2, eight digits of which the last is the check. */
bool number_is_taiwan_id(const char *p, size_t n);

#endif
