# One file to carry to a machine without any network, and the way back. Sourced by run.
#
# The file is a plain tar; `tar xf FILE tongban` on the other machine gives the checkout itself:
#   tongban/               the tracked files of this checkout
#   tongban-pack/SHA256    a digest of every file below
#   tongban-pack/debs/     Debian packages with all that they depend on, and their index
#   tongban-pack/cache/    what lies under the cache directory: sources, models, engine, pages
PACK_GROUPS="build fetch engine"

# pack_packages: the packages a bare Debian needs, whatever this machine has
pack_packages() {
    local group package rest
    while read -r group package rest; do
        case " $PACK_GROUPS " in *" $group "*) printf '%s\n' "$package" ;; esac
    done <"$TB/tools/apt.txt" | sort -u
}

pack_make() {
    local out=$1 work=$CACHE/pack.$$
    mkdir -p "$(dirname "$out")" "$work/tongban-pack/debs" "$work/tongban-pack/cache"
    trap 'rm -rf "$CACHE/pack.$$"' EXIT
    say "收集安装包的内容"
    $PY tools/fetch.py all engine-source || die "有内容没有取到，安装包没有生成"
    pack_debs "$work"
    pack_checkout "$work"
    pack_cache "$work/tongban-pack/cache" "$work/tongban/web"
    pack_digests "$work/tongban-pack"
    pack_write "$work" "$out"
    say "安装包已生成：$out（$(du -h "$out" | cut -f1)）"
    say "带到目标机器（Debian 12，与本机相同的处理器架构）后执行："
    say "    tar xf $(basename "$out") tongban && cd tongban && ./run --from-pack ../$(basename "$out")"
}

# pack_debs WORK: downloads against an empty status, so that everything needed comes along
pack_debs() {
    local debs=$1/tongban-pack/debs state=$1/apt log=$TB/build/pack-apt.log
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial" && : >"$state/status"
    local apt=(-o Dir::State="$state" -o Dir::State::status="$state/status"
        -o Dir::State::Lists="$state/lists" -o Dir::Cache="$state/cache"
        -o APT::Sandbox::User= -o Debug::NoLocking=1 -o APT::Get::List-Cleanup=0)
    run_step "读取软件包列表" "$log" apt-get "${apt[@]}" -q update
    # shellcheck disable=SC2046
    { LC_ALL=C apt-get "${apt[@]}" -y -q --no-install-recommends --download-only \
        -o APT::Status-Fd=3 install $(pack_packages) 3>&1 >"$log" 2>&1 </dev/null ||
        printf 'failed:\n'; } | apt_bars "$log" "软件包已收集" || exit 1
    mv "$state"/cache/archives/*.deb "$debs/"
    local deb
    for deb in "$debs"/*%3a*; do # an epoch's colon, which a file: address would decode
        [ ! -f "$deb" ] || mv "$deb" "${deb//%3a/.}"
    done
    pack_index "$debs"
    rm -rf "$state"
}

# pack_index DEBS: what apt reads of a folder of packages
pack_index() {
    local deb
    for deb in "$1"/*.deb; do
        dpkg-deb -f "$deb"
        printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$(basename "$deb")" \
            "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d' ' -f1)"
    done >"$1/Packages"
}

# pack_cache TO WEB: the finished things of the cache, as hard links where the disk allows it, with
# the build of exactly the pages whose source is packed
pack_cache() {
    local name digest
    for name in deps models engine web part; do
        [ -d "$CACHE/$name" ] || continue
        cp -al "$CACHE/$name" "$1/" 2>/dev/null || cp -a "$CACHE/$name" "$1/"
    done
    find "$1/part" -mindepth 1 ! -name '*.tar.gz' -delete 2>/dev/null
    [ -f "$2/package.json" ] || return 0
    digest=$(web_digest "$2")
    [ -f "$1/web/$digest.tar" ] ||
        die "web/ 里有未纳入 git 的文件，网页构建对不上；请先提交或删除它们（git status web）"
    find "$1/web" -name '*.tar*' ! -name "$digest.tar" -delete
}

# pack_checkout WORK: tracked files, as they are now
pack_checkout() {
    mkdir -p "$1/tongban"
    if git -C "$TB" rev-parse --git-dir >/dev/null 2>&1; then
        git -C "$TB" ls-files -z
    else
        find . \( -path ./build -o -path ./data -o -name node_modules -o -path ./web/dist \) \
            -prune -o -type f -print0
    fi | tar -C "$TB" --null -T - -cf - | tar -C "$1/tongban" -xf -
}

pack_digests() {
    (cd "$1" && find . -type f ! -name SHA256 -print0 | sort -z | xargs -0 sha256sum >SHA256) ||
        die "校验值没有算成"
}

pack_write() {
    local total job
    total=$(du -sk "$1" | cut -f1)
    tar -C "$1" -cf "$2.part" tongban tongban-pack &
    job=$!
    while kill -0 $job 2>/dev/null; do
        bar "写入安装包" "$(du -k "$2.part" 2>/dev/null | cut -f1 | grep . || echo 0)" "$total"
        sleep 0.5
    done
    wait $job && mv "$2.part" "$2" || die "安装包没有写成：$2"
    bar_end "写入完成"
}

# pack_open FILE: checks it, puts its things into the cache, tells apt where the packages are
pack_open() {
    local file=$1 work=$CACHE/unpack.$$
    [ -f "$file" ] || die "没有这个安装包：$file"
    mkdir -p "$work"
    trap 'rm -rf "$CACHE/unpack.$$"' EXIT
    pack_read "$file" "$work"
    say "校验安装包"
    (cd "$work/tongban-pack" && sha256sum --quiet -c SHA256) >&2 ||
        die "安装包 $file 损坏或不完整，什么也没有安装"
    say "  校验通过"
    pack_into_cache "$work/tongban-pack/cache"
    printf 'deb [trusted=yes] file:%s ./\n' "$work/tongban-pack/debs" >"$work/sources.list"
    mkdir -p "$work/lists/partial" "$work/archives/partial"
    PACK_APT=(-o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::State::Lists="$work/lists" -o Dir::Cache::archives="$work/archives"
        -o APT::Sandbox::User=root)
}

pack_close() {
    trap - EXIT
    rm -rf "$CACHE/unpack.$$"
    PACK_APT=()
}

pack_read() {
    local total job
    total=$(du -k "$1" | cut -f1)
    tar -C "$2" -xf "$1" tongban-pack &
    job=$!
    while kill -0 $job 2>/dev/null; do
        bar "解开安装包" "$(du -sk "$2" 2>/dev/null | cut -f1)" "$total"
        sleep 0.5
    done
    wait $job || { rm -rf "$2"; die "安装包 $1 打不开"; }
    bar_end "安装包已解开"
}

# pack_into_cache FROM: file by file, each in one step
pack_into_cache() {
    local path
    (cd "$1" && find . -type f -print0) | while IFS= read -r -d '' path; do
        mkdir -p "$CACHE/$(dirname "$path")" && mv -f "$1/$path" "$CACHE/$path" || exit 1
    done || die "缓存目录 $CACHE 写不进去"
}
