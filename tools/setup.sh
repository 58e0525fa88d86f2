# The steps that run and check share. Sourced by bash; $TB is the root of the checkout.
CACHE=${TONGBAN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tongban}
PY=/usr/bin/python3
PACK_APT=() # options that make apt read an offline pack

say() { printf '%s\n' "$*" >&2; }
die() { printf '通办：%s\n' "$*" >&2; exit 1; }

# bar LABEL DONE TOTAL: a progress bar on a terminal, a line for every fifth otherwise
bar() {
    local label=$1 done=$2 total=$3 width=24 part fill
    [ "$total" -gt 0 ] || total=1
    part=$((done * 100 / total)); [ $part -le 100 ] || part=100
    if [ -t 2 ]; then
        printf -v fill '%*s' $((part * width / 100)) ''
        printf '\r\033[K  %s [%-*s] %3d%%' "$label" $width "${fill// /#}" $part >&2
    elif [ "$label ${part%?}" != "${bar_last:-}" ] && [ $((part / 10 % 2)) -eq 0 ]; then
        bar_last="$label ${part%?}"
        printf '  %s %d%%\n' "$label" $part >&2
    fi
}
bar_end() { [ ! -t 2 ] || printf '\r\033[K' >&2; say "  $1"; }

# run_step LABEL LOG COMMAND…: runs it with its output in LOG; on failure shows the end of LOG
run_step() {
    local label=$1 log=$2; shift 2
    "$@" >"$log" 2>&1 && return 0
    bar_end "$label 失败，最后几行："
    tail -n 25 "$log" >&2
    die "$label 失败（全部输出在 $log）"
}

# packages_of GROUP…: the packages of these groups for which nothing here serves
packages_of() {
    local group package command wanted=" $* "
    while read -r group package command; do
        case $group in ''|\#*) continue ;; esac
        [[ $wanted == *" $group "* ]] || continue
        [ -n "$command" ] && command -v "$command" >/dev/null 2>&1 && continue
        printf '%s\n' "$package"
    done <"$TB/tools/apt.txt" | sort -u
}

# missing PACKAGE…: those of them that dpkg does not have installed
missing() {
    [ $# -gt 0 ] || return 0
    local have
    have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
        sed -n 's/^installed //p')
    comm -23 <(printf '%s\n' "$@" | sort -u) <(printf '%s\n' "$have" | sort -u)
}

# need GROUP…: installs what is missing; nothing at all is asked when the stamp says it was so
need() {
    local stamp=$TB/build/.apt-${*// /-} lack as=""
    stamp=${stamp// /-}
    [ "$stamp" -nt "$TB/tools/apt.txt" ] && [ "$stamp" -nt /var/lib/dpkg/status ] && return 0
    # shellcheck disable=SC2046
    lack=$(missing $(packages_of "$@"))
    if [ -n "$lack" ]; then
        # shellcheck disable=SC2086
        set -- $lack
        if [ "$(id -u)" -ne 0 ]; then
            if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
                as=sudo
            else
                say "通办：缺少 $# 个系统软件包，安装它们需要管理员权限。请以管理员身份执行下面两行，然后重新运行 ./run："
                say "    apt-get update"
                say "    apt-get install -y --no-install-recommends $*"
                exit 1
            fi
        fi
        apt_install "$as" "$@"
    fi
    mkdir -p "$TB/build" && touch "$stamp"
}

# apt_install AS PACKAGE…: with bars; apt's own words go to a log. From a pack when one is given.
apt_install() {
    local as=$1 log=$TB/build/apt.log; shift
    mkdir -p "$TB/build"
    say "安装系统软件包（$# 个，连同依赖）"
    [ -n "${apt_updated:-}" ] ||
        run_step "更新软件包列表" "$log" $as apt-get "${PACK_APT[@]}" -q update
    apt_updated=1
    # fd 3 carries apt's progress, dlstatus:N:PERCENT:… and pmstatus:PACKAGE:PERCENT:…, and nothing
    # else: apt makes it non-blocking, which the packages' own scripts must not meet on their stdout.
    # It is opened behind sudo, which closes what it inherits.
    { $as env DEBIAN_FRONTEND=noninteractive LC_ALL=C sh -c 'exec 3>&1 >"$0" 2>&1 </dev/null; exec "$@"' \
        "$log" apt-get "${PACK_APT[@]}" -y -q --no-install-recommends -o APT::Status-Fd=3 \
        -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=120 \
        install "$@" || printf 'failed:\n'; } | apt_bars "$log" || exit 1
}

apt_bars() { # LOG [LAST WORDS]
    local line percent
    while IFS= read -r line; do
        percent=${line#*:*:}; percent=${percent%%.*}
        case $line in
        dlstatus:*) bar "下载软件包" "$percent" 100 ;;
        pmstatus:*) bar "安装软件包" "$percent" 100 ;;
        failed:) bar_end "系统软件包没有装好，最后几行："; tail -n 15 "$1" >&2; return 1 ;;
        esac
    done
    bar_end "${2:-系统软件包就绪}"
}

# what of the build's own needs is not in the cache yet
fetch_build_deps() {
    [ -f "$CACHE/deps/yyjson/yyjson.c" ] && [ -f "$CACHE/deps/yyjson/.sha256" ] &&
        grep -q "sha256: $(cat "$CACHE/deps/yyjson/.sha256")" "$TB/tools/packages.yaml" && return 0
    say "下载编译所需的源码"
    $PY "$TB/tools/fetch.py" build || die "编译所需的源码没有取到；联网后重试，或用 ./run --from-pack"
}

# have_engine: the built engine is in the cache, from the pinned source and fit for this processor
have_engine() {
    local stamp=$TB/build/.engine note=$CACHE/engine/build.json
    [ -x "$CACHE/engine/llama-server" ] || return 1
    [ "$stamp" -nt "$note" ] && [ "$stamp" -nt "$TB/tools/packages.yaml" ] &&
        [ "$(cat "$stamp")" = "$CACHE" ] && return 0
    $PY "$TB/tools/fetch.py" ready engine 2>/dev/null || return 1
    mkdir -p "$TB/build" && printf '%s' "$CACHE" >"$stamp"
}

# newer FILE PATH…: true when something under the paths is newer than FILE, or FILE is not there
newer() {
    local file=$1; shift
    [ -e "$file" ] || return 0
    [ -n "$(find "$@" \( -name node_modules -o -name dist -o -name __pycache__ \) -prune -o \
        -newer "$file" -print -quit 2>/dev/null)" ]
}

# build_c [MAKE ARGUMENT…]: make with a bar
build_c() {
    local total log=$TB/build/make.log
    mkdir -p "$TB/build"
    total=$(make -C "$TB" -n "$@" 2>/dev/null | grep -c 'echo "  CC')
    [ "$total" -eq 0 ] || say "编译（$total 个文件）"
    { make -C "$TB" -j"$(nproc)" "$@" 2>&1 || printf 'make: failed\n'; } | tee "$log" |
        make_bars "$total" || {
        tail -n 40 "$log" >&2
        die "编译失败（全部输出在 $log）"
    }
}

make_bars() {
    local n=0 line bad=0
    while IFS= read -r line; do
        case $line in
        "  CC "*) n=$((n + 1)); bar "编译" $n "$1" ;;
        "make: failed") bad=1 ;;
        esac
    done
    [ "$1" -eq 0 ] || bar_end "编译$([ $bad -eq 0 ] && echo 完成 || echo 失败)"
    return $bad
}

build_program() {
    newer "$TB/build/tongban" "$TB/src" "$TB/Makefile" "$TB/VERSION" "$TB/rooms.txt" ||
        newer "$TB/build/tongban-extract" "$TB/src" "$TB/Makefile" || return 0
    build_c all
    touch "$TB/build/tongban" "$TB/build/tongban-extract" "$TB/build/tongban-pdf"
}

# The pages' build is kept in the cache under the digest of their source.
web_digest() { # [FOLDER]
    (cd "${1:-$TB/web}" && find . \( -name node_modules -o -name dist -o -name '*.tsbuildinfo' \) -prune \
        -o -type f -print0 |
        sort -z | xargs -0 sha256sum | sha256sum | cut -c1-32)
}
web_fresh() { [ -f "$TB/web/dist/.source" ] && ! newer "$TB/web/dist/.source" "$TB/web"; }
web_cached() {
    web_fresh || { [ -f "$TB/web/dist/.source" ] && [ "$(cat "$TB/web/dist/.source")" = "$1" ]; } ||
        [ -f "$CACHE/web/$1.tar" ]
}

npm_ci() { # FOLDER [WHAT FOR]: its packages from the lockfile, from the cache first
    local folder=$1 what=${2:-网页} total log=$TB/build/npm.log job
    mkdir -p "$TB/build"
    [ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ] && return 0
    total=$(grep -c '^    "node_modules/' "$folder/package-lock.json")
    say "安装${what}依赖（$total 个包）"
    (cd "$folder" && exec npm ci --cache "$CACHE/npm" --prefer-offline --no-audit --no-fund \
        --no-update-notifier >"$log" 2>&1 </dev/null) &
    job=$!
    while kill -0 $job 2>/dev/null; do
        bar "安装${what}依赖" "$(find "$folder/node_modules" -maxdepth 3 -name package.json \
            2>/dev/null | wc -l)" "$total"
        sleep 0.5
    done
    wait $job || { bar_end "失败"; tail -n 25 "$log" >&2; die "${what}依赖没有装好（全部输出在 $log）"; }
    bar_end "${what}依赖就绪"
}

# pip_ci REQUIREMENTS: its wheels, each with its digest, into the cache under the file's own digest
pip_ci() {
    local folder; folder=$CACHE/python/$(sha256sum "$1" | cut -c1-16)
    [ ! -d "$folder" ] || return 0
    say "安装测试用的 Python 包（$(grep -c == "$1") 个）"
    rm -rf "$folder.part" && mkdir -p "$folder.part" "$TB/build"
    run_step "安装测试用的 Python 包" "$TB/build/pip.log" $PY -m pip install --require-hashes --no-deps \
        --only-binary=:all: --disable-pip-version-check --target "$folder.part" -r "$1"
    mv "$folder.part" "$folder"
}

build_web() {
    [ -f "$TB/web/package.json" ] || return 0
    web_fresh && return 0
    local digest; digest=$(web_digest)
    if [ -f "$TB/web/dist/.source" ] && [ "$(cat "$TB/web/dist/.source")" = "$digest" ]; then
        touch "$TB/web/dist/.source"
        return 0
    fi
    if [ ! -f "$CACHE/web/$digest.tar" ]; then
        need web
        npm_ci "$TB/web"
        say "构建网页"
        mkdir -p "$CACHE/web"
        run_step "构建网页" "$TB/build/web.log" npm --prefix "$TB/web" run build
        tar -C "$TB/web/dist" -cf "$CACHE/web/$digest.tar.$$" . &&
            mv "$CACHE/web/$digest.tar.$$" "$CACHE/web/$digest.tar"
    fi
    rm -rf "$TB/web/dist.new" && mkdir -p "$TB/web/dist.new"
    tar -C "$TB/web/dist.new" -xf "$CACHE/web/$digest.tar" || die "网页缓存损坏：$CACHE/web/$digest.tar"
    printf '%s\n' "$digest" >"$TB/web/dist.new/.source"
    rm -rf "$TB/web/dist" && mv "$TB/web/dist.new" "$TB/web/dist"
    say "  网页就绪"
}
