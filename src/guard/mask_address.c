/* Addresses of homes: a road, an estate or a village with its number, down to the door, or with
 * words before it that say somebody lives there. 人民路 alone, and 人民路12号 as the place of a
 * complaint, stay. */
#include "guard/mask_int.h"

#include "base/utf8.h"

enum { NAME_CHARS = 12, AREA_CHARS = 24 };

/* What an address' first number counts, and what the following ones may. */
static const char *const heads[] = { "号楼", "号院", "号", "栋", "幢", "座", "弄",
                                     "单元", "室",   "組", "组", "號", NULL };
static const char *const units[] = { "号楼", "号院", "号", "栋", "幢", "座", "弄", "单元", "室",
                                     "楼",   "层",   "组", "队", "房", "户", "门", "號",   NULL };
/* What no address goes on with: 5号线, 3号门诊, 2楼盘, 3号文件 … */
static const char *const no_units[] = { "号线",   "号文", "号令",   "号通知", "号公告", "号桌",
                                        "号窗口", "号机", "号店",   "号井",   "号坑",   "号车",
                                        "楼盘",   "室外", "室内",   "组织",   "队伍",   "户主",
                                        "户籍",   "门诊", "层次",   "房间",   "户口",   "户人",
                                        "组长",   "队长", "层楼",   "号码",   "号地",   "号矿",
                                        "号出口", "号站", "号标段", "号航站", "号登机", NULL };
static const char *const doors[] = { "室", "号房", "房", NULL };
static const char *const places[] = {
    "路", "街",   "大道", "道",   "巷",   "弄", "胡同", "里", "村", "小区", "社区", "花园", "家园",
    "苑", "公寓", "新村", "大厦", "广场", "城", "园",   "湾", "庭", "坊",   "宿舍", "楼",   "寨",
    "屯", "庄",   "院",   "府",   "镇",   "段", "组",   "期", "区", "墅",   "郡",   "阁",   "轩",
    "沟", "坡",   "街道", "乡",   "港",   "桥", "坪",   "塘", "线", NULL
};
static const char *const lives[] = { "家住", "住在",   "住址", "地址", "户籍",   "居住", "现住",
                                     "租住", "我家",   "收货", "寄到", "寄往",   "暂住", "快递",
                                     "住所", "户口在", "住：", "住:",  "户口住", NULL };
/* Words after which an address begins. */
static const char *const begins[] = {
    "地址为",     "地址是", "地址在", "地址",   "住址为", "住址是", "住址",   "住所地",
    "住所",       "现住在", "现住",   "家住在", "家住",   "居住在", "居住于", "居住",
    "户籍所在地", "户籍地", "户籍在", "户籍",   "坐落于", "坐落在", "位于",   "住在",
    "暂住",       "租住在", "租住",   "租的",   "租在",   "寄到",   "寄往",   "寄给",
    "送到",       "送至",   "搬到",   "搬至",   "来自",   "家在",   "就在",   "住",
    "在",         "到",     "是",     "我",     "的",     "从",     "至",     "往",
    "于",         "了",     "他",     "她",     "有",     "为",     "去",     "反映",
    "投诉",       "举报",   "关于",   "解决",   "处理",   "自从",   "等",     NULL
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
static size_t unit_at(struct str s, size_t at, const char *const *list)
{
    struct str rest = str_from(s, at);

    if (!may_be_unit(mask_peek(s, at)) || mask_begins(rest, no_units))
        return 0;
    for (size_t i = 0; list[i]; i++)
        if (str_starts(rest, str_z(list[i])))
            return strlen(list[i]);
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
    for (size_t i = 0; doors[i]; i++)
        *door |= str_starts(str_from(s, end), str_z(doors[i]));
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
static const char *const offices[] = { "中心", "馆", "处",   "局",   "窗口", "大厅", "公司", "所",
                                       "站",   "店", "注册", "办公", "学校", "医院", NULL };

static bool says_office(struct str before)
{
    static const char *const words[] = { "电话为", "窗口", "大厅", "咨询", "受理", NULL };

    for (size_t i = 0; words[i]; i++)
        if (str_has(before, str_z(words[i])))
            return true;
    return false;
}

static bool says_home(struct str s, size_t from)
{
    struct str near = mask_before(s, from, 18);

    for (size_t i = 0; lives[i]; i++) {
        size_t at = str_find(near, str_z(lives[i]));

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
