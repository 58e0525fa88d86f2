/* Addresses of homes: a road, an estate or a village with its number, down to the door, or with
 * words before it that say somebody lives there. 人民路 alone, and 人民路12号 as the place of a
 * complaint, stay. */
#include "guard/mask_int.h"

#include "base/utf8.h"

enum { NAME_CHARS = 12, AREA_CHARS = 24 };

/* What an address' first number counts, and what the following ones may. */
static const struct str heads[] = { W("号楼"), W("号院"), W("号"),    W("栋"), W("幢"),
                                    W("座"),   W("弄"),   W("单元"),  W("室"), W("組"),
                                    W("组"),   W("號"),   { NULL, 0 } };
static const struct str units[] = { W("号楼"), W("号院"), W("号"), W("栋"), W("幢"), W("座"),
                                    W("弄"),   W("单元"), W("室"), W("楼"), W("层"), W("组"),
                                    W("队"),   W("房"),   W("户"), W("门"), W("號"), { NULL, 0 } };
/* What no address goes on with: 5号线, 3号门诊, 2楼盘, 3号文件 … */
static const struct str no_units[] = {
    W("号线"),   W("号文"), W("号令"),   W("号通知"), W("号公告"), W("号桌"),
    W("号窗口"), W("号机"), W("号店"),   W("号井"),   W("号坑"),   W("号车"),
    W("楼盘"),   W("室外"), W("室内"),   W("组织"),   W("队伍"),   W("户主"),
    W("户籍"),   W("门诊"), W("层次"),   W("房间"),   W("户口"),   W("户人"),
    W("组长"),   W("队长"), W("层楼"),   W("号码"),   W("号地"),   W("号矿"),
    W("号出口"), W("号站"), W("号标段"), W("号航站"), W("号登机"), { NULL, 0 }
};
static const struct str doors[] = { W("室"), W("号房"), W("房"), { NULL, 0 } };
static const struct str places[] = {
    W("路"),   W("街"),   W("大道"), W("道"),   W("巷"),   W("弄"),   W("胡同"),
    W("里"),   W("村"),   W("小区"), W("社区"), W("花园"), W("家园"), W("苑"),
    W("公寓"), W("新村"), W("大厦"), W("广场"), W("城"),   W("园"),   W("湾"),
    W("庭"),   W("坊"),   W("宿舍"), W("楼"),   W("寨"),   W("屯"),   W("庄"),
    W("院"),   W("府"),   W("镇"),   W("段"),   W("组"),   W("期"),   W("区"),
    W("墅"),   W("郡"),   W("阁"),   W("轩"),   W("沟"),   W("坡"),   W("街道"),
    W("乡"),   W("港"),   W("桥"),   W("坪"),   W("塘"),   W("线"),   { NULL, 0 }
};
static const struct str lives[] = { W("家住"),   W("住在"), W("住址"), W("地址"),   W("户籍"),
                                    W("居住"),   W("现住"), W("租住"), W("我家"),   W("收货"),
                                    W("寄到"),   W("寄往"), W("暂住"), W("快递"),   W("住所"),
                                    W("户口在"), W("住："), W("住:"),  W("户口住"), { NULL, 0 } };
/* Words after which an address begins. */
static const struct str begins[] = {
    W("地址为"), W("地址是"), W("地址在"),     W("地址"),   W("住址为"), W("住址是"), W("住址"),
    W("住所地"), W("住所"),   W("现住在"),     W("现住"),   W("家住在"), W("家住"),   W("居住在"),
    W("居住于"), W("居住"),   W("户籍所在地"), W("户籍地"), W("户籍在"), W("户籍"),   W("坐落于"),
    W("坐落在"), W("位于"),   W("住在"),       W("暂住"),   W("租住在"), W("租住"),   W("租的"),
    W("租在"),   W("寄到"),   W("寄往"),       W("寄给"),   W("送到"),   W("送至"),   W("搬到"),
    W("搬至"),   W("来自"),   W("家在"),       W("就在"),   W("住"),     W("在"),     W("到"),
    W("是"),     W("我"),     W("的"),         W("从"),     W("至"),     W("往"),     W("于"),
    W("了"),     W("他"),     W("她"),         W("有"),     W("为"),     W("去"),     W("反映"),
    W("投诉"),   W("举报"),   W("关于"),       W("解决"),   W("处理"),   W("自从"),   W("等"),
    { NULL, 0 }
};

/* The figures of a number in an address (12, 十二, A3, 3-2): its end; at when there is none. */
static size_t figures_end(struct str s, size_t at)
{
    size_t from = at, n = 0;

    while (at < s.n && n < 8) {
        size_t look = at;
        bool han;
        uint32_t c = utf8_next(s, &look);

        if (!mask_figure(c, &han) && c != 0x5341 && c != 0x767e && /* 十 百 */
            !(n && (c == '-' || c == '#' || c == 0x2014 || c == '/')))
            break;
        at = look;
        n++;
    }
    return n ? at : from;
}

/* The first characters of all units: a number in a sentence is mostly followed by another. */
static bool may_be_unit(uint32_t c)
{
    switch (c) {
    case 0x53f7: /* 号 */
    case 0x865f: /* 號 */
    case 0x680b: /* 栋 */
    case 0x5e62: /* 幢 */
    case 0x5ea7: /* 座 */
    case 0x5f04: /* 弄 */
    case 0x5355: /* 单 */
    case 0x5ba4: /* 室 */
    case 0x7ec4: /* 组 */
    case 0x7d44: /* 組 */
    case 0x697c: /* 楼 */
    case 0x5c42: /* 层 */
    case 0x961f: /* 队 */
    case 0x623f: /* 房 */
    case 0x6237: /* 户 */
    case 0x95e8: /* 门 */
    case '#':
        return true;
    default:
        return false;
    }
}

/* Bytes of the unit of `list` at `at`, 0: none. */
static size_t unit_at(struct str s, size_t at, const struct str *list)
{
    struct str rest = str_from(s, at);

    if (!may_be_unit(mask_peek(s, at)) || mask_begins(rest, no_units))
        return 0;
    for (size_t i = 0; list[i].p; i++)
        if (str_starts(rest, list[i]))
            return list[i].n;
    return rest.n && rest.p[0] == '#' ? 1 : 0;
}

/* A part: figures with a unit. *door: it names a door. */
static size_t part_at(struct str s, size_t at, bool *door)
{
    size_t end = figures_end(s, at), n;

    if (end == at)
        return 0;
    n = unit_at(s, end, units);
    if (!n)
        return 0;
    for (size_t i = 0; doors[i].p; i++)
        *door |= str_starts(str_from(s, end), doors[i]);
    return end + n - at;
}

/* Between two parts: nothing, a blank, or a name that ends as places do. */
static size_t next_part(struct str s, size_t at)
{
    size_t look = at;

    for (size_t n = 0; n <= NAME_CHARS && look < s.n; n++) {
        size_t before = look;
        uint32_t c = utf8_next(s, &look);
        bool han, figure = mask_figure(c, &han) || c == 0x5341;

        if (figure && (n == 0 || mask_ends(mask_before(s, before, 9), places)))
            return before;
        if (!mask_is_han(c) && !(n == 0 && (c == ' ' || c == ',' || c == 0xff0c)) && !figure)
            return 0;
    }
    return 0;
}

/* 3栋501: figures alone, and nothing that they count after them. */
static size_t bare_door(struct str s, size_t end)
{
    size_t at = mask_peek(s, end) == '-' ? end + 1 : end, more = figures_end(s, at);
    uint32_t c = mask_peek(s, more);

    return more >= at + 3 && !mask_is_han(c) && !mask_is_alnum(c) ? more : end;
}

/* Where the parts that begin at `at` end. *door: they lead to a door. */
static size_t parts_end(struct str s, size_t at, bool *door)
{
    size_t end = at, n, more;

    while (at && (n = part_at(s, at, door))) {
        end = at + n;
        at = next_part(s, end);
    }
    more = bare_door(s, end);
    *door |= more > end;
    return more;
}

static bool stops(uint32_t c)
{
    return !mask_is_han(c) && !mask_is_alnum(mask_half_width(c)) && c != 0xb7;
}

/* Where the name before `at` begins: after a word that an address begins after, or a stop. */
static size_t name_from(struct str s, size_t at, size_t least)
{
    size_t from = at, look = at;

    for (int n = 0; n < AREA_CHARS && look > least; n++) {
        if (n > 0 && mask_ends(mask_before(s, look, 18), begins))
            break;
        if (stops(mask_back(s, &look)))
            break;
        from = look;
    }
    return from;
}

/* 市图书馆地址为…: no home. */
static const struct str offices[] = { W("中心"), W("馆"),   W("处"),   W("局"),   W("窗口"),
                                      W("大厅"), W("公司"), W("所"),   W("站"),   W("店"),
                                      W("注册"), W("办公"), W("学校"), W("医院"), { NULL, 0 } };

static bool says_office(struct str before)
{
    static const struct str words[] = { W("电话为"), W("窗口"), W("大厅"),
                                        W("咨询"),   W("受理"), { NULL, 0 } };

    for (size_t i = 0; words[i].p; i++)
        if (str_has(before, words[i]))
            return true;
    return false;
}

static bool says_home(struct str s, size_t from)
{
    struct str near = mask_before(s, from, 18);

    for (size_t i = 0; lives[i].p; i++) {
        size_t at = str_find(near, lives[i]);

        if (at != SIZE_MAX)
            return !mask_ends(mask_before(s, (size_t)(near.p - s.p) + at, 12), offices) &&
                   !says_office(mask_sentence(mask_before(s, from, 90)));
    }
    return false;
}

size_t mask_address_at(struct str s, size_t at, size_t least, size_t *from)
{
    size_t figures = figures_end(s, at), end;
    bool door = false;

    if (figures == at || !unit_at(s, figures, heads) || !mask_ends(mask_before(s, at, 6), places))
        return 0;
    end = parts_end(s, at, &door);
    *from = name_from(s, at, least);
    if (at - *from < 9 || (!door && !says_home(s, *from)))
        return 0;
    return end - *from;
}
