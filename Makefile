# Daily work: make | make test | make SAN=address,undefined test | make format | make bench | make fuzz
# make fast: build/tongban with the rooms that a call goes through linked as one (gcc), 4 % less work; half a minute more.
# Outputs: build/tongban, build/tongban-extract, build/tongban-pdf (with SAN: build/san/…). Needs what ./run installs.
ifeq ($(origin CC),default)
CC      := gcc
endif
Q       := $(if $(V),,@)
SAN     ?=
CACHE   ?= $(or $(TONGBAN_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/tongban)
YYJSON  ?= $(CACHE)/deps/yyjson
OUT     := build$(if $(FUZZ_OUT),/fuzz,$(if $(SAN),/san)$(if $(filter clang,$(CC)),/clang))
VERSION := $(shell cat VERSION)
GEN     := $(OUT)/gen

PKGS    := libcurl openssl libgcrypt libargon2 sqlite3 yaml-0.1 libutf8proc zlib libxml-2.0 libzip liblzma libseccomp icu-uc libqrencode ldap lber
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
           -Wvla -Wformat=2 -Wundef -Werror
OPT     := $(if $(SAN),-O1 -fno-omit-frame-pointer -fsanitize=$(SAN) -fno-sanitize-recover=all,-O2 -D_FORTIFY_SOURCE=2)
CPPFLAGS += -D_GNU_SOURCE -DTB_VERSION='"$(VERSION)"' -Isrc -I$(GEN) -isystem $(YYJSON) $(patsubst -I%,-isystem %,$(shell pkg-config --cflags-only-I $(PKGS)))
CFLAGS  += -std=c17 -g $(OPT) $(WARN) -fstack-protector-strong -fPIE -pthread
LDFLAGS += -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed $(if $(SAN),-fsanitize=$(SAN))
LDLIBS  += $(shell pkg-config --libs $(PKGS)) -lm -ldl

ROOMS   := base domain crypto text learn store extract guard knowledge model review flow http cli
SRC     := $(foreach r,$(ROOMS),$(wildcard src/$(r)/*.c)) $(wildcard src/scenario/*/*.c)
OBJ     := $(SRC:%.c=$(OUT)/obj/%.o) $(OUT)/obj/yyjson.o
LIB     := $(OUT)/libtongban.a
UNIT    := $(wildcard test/unit/*/test_*.c)
UNITBIN := $(foreach u,$(UNIT),$(OUT)/test/$(notdir $(patsubst %/,%,$(dir $(u))))_$(patsubst test_%.c,%,$(notdir $(u))))
FUZZ    := $(patsubst fuzz/%.c,%,$(filter-out fuzz/fuzzmain.c,$(wildcard fuzz/*.c)))
BENCHC  := $(patsubst bench/%.c,$(OUT)/bench/%,$(wildcard bench/*.c))

FASTSRC := $(filter-out src/guard/name.c,$(foreach r,base crypto text store guard model http scenario/gateway,$(wildcard src/$(r)/*.c)))
FASTOBJ := $(FASTSRC:%.c=$(OUT)/fast/%.o)

.PHONY: all fast test rooms format format-check bench fuzz fuzz-bins fuzz-replay clean
all: rooms $(OUT)/tongban $(OUT)/tongban-extract $(OUT)/tongban-pdf

$(OUT)/tongban: $(OUT)/obj/src/main.o $(LIB)
	@echo "  CC   $@"
	@rm -f $(OUT)/fast/linked
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
# What the archive has of these rooms is not looked at: it is defined already.
fast: all $(OUT)/fast/linked
$(OUT)/fast/linked: $(OUT)/obj/src/main.o $(FASTOBJ) $(LIB)
	@echo "  CC   $(OUT)/tongban, as one"
	$(Q)$(CC) $(LDFLAGS) -O2 -flto=auto -o $(OUT)/tongban $^ $(LDLIBS)
	@touch $@
$(OUT)/fast/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC   $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -flto -MMD -MP -c -o $@ $<
$(OUT)/fast/src/text/normal.o: $(GEN)/han_table.inc
$(OUT)/tongban-extract: $(OUT)/obj/src/tongban_extract.o $(LIB)
	@echo "  CC   $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
# Only this program loads fonts and draws.
$(OUT)/obj/src/tongban_pdf.o: CPPFLAGS += $(patsubst -I%,-isystem %,$(shell pkg-config --cflags-only-I pangocairo))
$(OUT)/tongban-pdf: $(OUT)/obj/src/tongban_pdf.o $(LIB)
	@echo "  CC   $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs pangocairo) $(LDLIBS)
$(LIB): $(OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^
$(OUT)/obj/yyjson.o: $(YYJSON)/yyjson.c
	@mkdir -p $(@D)
	@echo "  CC   $@"
	$(Q)$(CC) -std=c17 $(if $(SAN),-O1 -fsanitize=$(SAN),-O2) -g -fPIE -c -o $@ $<
$(OUT)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC   $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(CFLAGS_$(notdir $*)) -MMD -MP -c -o $@ $<

# Tables that are made, not kept: traditional to simplified, and how characters sound.
$(OUT)/obj/src/text/normal.o: $(GEN)/han_table.inc
$(GEN)/han_table.inc: tools/han_table.c
	@mkdir -p $(@D)
	@echo "  GEN  $@"
	$(Q)$(CC) -std=c17 -O1 -o $(GEN)/han_table $< $(shell pkg-config --cflags --libs icu-i18n)
	$(Q)$(GEN)/han_table > $@.part && mv $@.part $@

# How often words are used, to tell names from them.
$(OUT)/obj/src/guard/name.o: $(GEN)/name_table.inc
$(GEN)/name_table.inc: tools/name_table.c src/guard/name_chars.h src/guard/name_table.h
	@mkdir -p $(@D)
	@echo "  GEN  $@"
	$(Q)$(CC) -std=c17 -O1 -D_GNU_SOURCE -o $(GEN)/name_table $< $(shell pkg-config --cflags --libs icu-uc) -lm
	$(Q)$(GEN)/name_table > $@.part && mv $@.part $@

# Unit tests: test/unit/<room>/test_<noun>.c -> build/test/<room>_<noun>, TAP on stdout.
define unit_rule
$(OUT)/test/$(notdir $(patsubst %/,%,$(dir $(1))))_$(patsubst test_%.c,%,$(notdir $(1))): $(1) $(LIB)
	@mkdir -p $$(@D)
	@echo "  CC   $$@"
	$$(Q)$$(CC) $$(CPPFLAGS) -Itest $$(CFLAGS) -MMD -MP -o $$@ $$< $$(LDFLAGS) $(LIB) $$(LDLIBS)
endef
$(foreach u,$(UNIT),$(eval $(call unit_rule,$(u))))
test-bins: $(UNITBIN)
test: all $(UNITBIN)
	tools/run-unit $(UNITBIN)

rooms:
	@awk -f tools/rooms.awk rooms.txt $(SRC) $(wildcard src/*/*.h src/scenario/*/*.h)
format:
	$(Q)clang-format -i $(SRC) $(wildcard src/*.c src/*/*.h src/scenario/*/*.h test/unit/*/*.c test/*.h fuzz/*.c bench/*.c bench/*/*.h)
format-check:
	$(Q)clang-format --dry-run -Werror $(SRC) $(wildcard src/*.c src/*/*.h src/scenario/*/*.h test/unit/*/*.c test/*.h fuzz/*.c bench/*.c bench/*/*.h)

$(OUT)/bench/%: bench/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "  CC   $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -o $@ $< $(LDFLAGS) $(LIB) $(LDLIBS)
bench: fast $(BENCHC)

# Fuzzing: `make fuzz` builds libFuzzer targets (build/fuzz/bin/…) with clang, the library once for all of them;
# `make fuzz-replay SAN=address,undefined` builds the same targets with a plain main that replays fuzz/corpus/<target>/*.
$(OUT)/replay/%: fuzz/%.c fuzz/fuzzmain.c $(LIB)
	@mkdir -p $(@D)
	@echo "  CC   $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $< fuzz/fuzzmain.c $(LDFLAGS) $(LIB) $(LDLIBS)
fuzz-replay: $(FUZZ:%=$(OUT)/replay/%)
	@for t in $(FUZZ); do $(OUT)/replay/$$t fuzz/corpus/$$t || exit 1; done
fuzz:
	$(Q)$(MAKE) CC=clang SAN=fuzzer-no-link,address,undefined FUZZ_OUT=1 fuzz-bins
fuzz-bins: $(FUZZ:%=$(OUT)/bin/%)
$(OUT)/bin/%: fuzz/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "  CC   $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $< -fsanitize=fuzzer $(LDFLAGS) $(LIB) $(LDLIBS)

clean:
	rm -rf build
-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
